//! Client and server against each other, and against the examples of the RFCs.

use super::*;
use crate::header::{Challenge, QopAuth};
use crate::ids::IdSource;
use crate::method::Method;
use crate::time::Millis;
use crate::uri::Uri;
use proptest::prelude::*;

const NOW: Millis = Millis(1_790_000_000_000);
const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::Md5, Algorithm::Md5Sess, Algorithm::Sha256, Algorithm::Sha256Sess];

fn uri() -> Uri {
    "sip:ringbridge".parse().expect("a URI")
}

fn later(seconds: u64) -> Millis {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

/// A server, a client that has its challenge, and both their passwords.
struct Pair {
    keeper: NonceKeeper,
    answering: Answering,
    ids: IdSource,
}

impl Pair {
    fn new(algorithm: Algorithm) -> Self {
        let mut keeper = NonceKeeper::new([7; 32]);
        let challenge = keeper.challenge("ringbridge", algorithm, Stale::No, NOW);
        let wire: Challenge = challenge.to_string().parse().expect("our own challenge");
        assert_eq!(wire, challenge);
        let answering = Answering::strongest(&[wire]).expect("one");
        Self { keeper, answering, ids: IdSource::new(1) }
    }

    fn credentials(&mut self, login: &Login) -> Credentials {
        self.answering.answer(login, &Method::Register, &uri(), &mut self.ids)
    }

    fn judge(&mut self, credentials: &Credentials, password: &str, now: Millis) -> Judgement {
        self.keeper.judge(credentials, "ringbridge", &Method::Register, password, now)
    }
}

#[test]
fn the_examples_of_rfc_7616_come_out() {
    let mut credentials = Credentials {
        username: "Mufasa".to_owned(),
        realm: "http-auth@example.org".to_owned(),
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".to_owned(),
        uri: "/dir/index.html".to_owned(),
        response: String::new(),
        algorithm: Algorithm::Md5,
        opaque: None,
        auth: Some(QopAuth { cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".to_owned(), count: 1 }),
    };
    assert_eq!(expected(&credentials, "GET", "Circle of Life"), "8ca523f5e9506fed4657c9700eebdbec");
    credentials.algorithm = Algorithm::Sha256;
    assert_eq!(
        expected(&credentials, "GET", "Circle of Life"),
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    );
}

#[test]
fn the_example_of_rfc_2617_without_qop_comes_out() {
    let credentials = Credentials {
        username: "Mufasa".to_owned(),
        realm: "testrealm@host.com".to_owned(),
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093".to_owned(),
        uri: "/dir/index.html".to_owned(),
        response: String::new(),
        algorithm: Algorithm::Md5,
        opaque: None,
        auth: None,
    };
    assert_eq!(expected(&credentials, "GET", "Circle Of Life"), "670fd8c2df070c60b045671b8b24ff02");
}

#[test]
fn a_phone_may_use_a_nonce_more_than_ten_times() {
    for algorithm in ALGORITHMS {
        let mut pair = Pair::new(algorithm);
        let login = Login::new("alice", "secret");
        for count in 1..=300 {
            let credentials: Credentials = pair.credentials(&login).to_string().parse().expect("our own");
            assert_eq!(credentials.auth.as_ref().map(|auth| auth.count), Some(count));
            assert_eq!(pair.judge(&credentials, "secret", NOW), Judgement::Right, "count {count}");
        }
    }
}

#[test]
fn credentials_that_are_played_again_are_stale() {
    let mut pair = Pair::new(Algorithm::Sha256);
    let credentials = pair.credentials(&Login::new("alice", "secret"));
    assert_eq!(pair.judge(&credentials, "secret", NOW), Judgement::Right);
    assert_eq!(pair.judge(&credentials, "secret", NOW), Judgement::Stale);
}

#[test]
fn counts_may_cross_on_the_way_but_each_is_taken_once() {
    let mut pair = Pair::new(Algorithm::Md5);
    let login = Login::new("alice", "secret");
    let sent: Vec<Credentials> = (0..100).map(|_| pair.credentials(&login)).collect();
    assert_eq!(pair.judge(&sent[99], "secret", NOW), Judgement::Right);
    assert_eq!(pair.judge(&sent[98], "secret", NOW), Judgement::Right);
    assert_eq!(pair.judge(&sent[98], "secret", NOW), Judgement::Stale);
    assert_eq!(pair.judge(&sent[35], "secret", NOW), Judgement::Right, "64 behind");
    assert_eq!(pair.judge(&sent[34], "secret", NOW), Judgement::Stale, "65 behind");
}

#[test]
fn a_nonce_is_stale_after_five_minutes_and_a_foreign_one_at_once() {
    let mut pair = Pair::new(Algorithm::Sha256);
    let login = Login::new("alice", "secret");
    let (in_time, late) = (pair.credentials(&login), pair.credentials(&login));
    assert_eq!(pair.judge(&in_time, "secret", later(300)), Judgement::Right);
    assert_eq!(pair.judge(&late, "secret", later(301)), Judgement::Stale);
    let mut other = Pair::new(Algorithm::Sha256);
    other.keeper = NonceKeeper::new([8; 32]);
    let foreign = other.credentials(&login);
    assert_eq!(other.judge(&foreign, "secret", NOW), Judgement::Stale);
}

#[test]
fn a_wrong_password_method_realm_or_a_missing_qop_is_wrong() {
    let mut pair = Pair::new(Algorithm::Sha256);
    let login = Login::new("alice", "secret");
    let credentials = pair.credentials(&login);
    assert_eq!(pair.judge(&credentials, "Secret", NOW), Judgement::Wrong);
    let by_method = pair.keeper.judge(&credentials, "ringbridge", &Method::Invite, "secret", NOW);
    assert_eq!(by_method, Judgement::Wrong);
    let by_realm = pair.keeper.judge(&credentials, "other", &Method::Register, "secret", NOW);
    assert_eq!(by_realm, Judgement::Wrong);
    let mut old = Credentials { auth: None, ..credentials };
    old.response = expected(&old, "REGISTER", "secret");
    assert_eq!(pair.judge(&old, "secret", NOW), Judgement::Wrong);
}

#[test]
fn sha_256_is_answered_before_md5() {
    let mut keeper = NonceKeeper::new([7; 32]);
    let offered = [Algorithm::Md5, Algorithm::Sha256].map(|a| keeper.challenge("r", a, Stale::No, NOW));
    let answering = Answering::strongest(&offered).expect("one");
    assert_eq!(answering.challenge().algorithm, Algorithm::Sha256);
    assert_eq!(Answering::strongest(&[]), None);
}

#[test]
fn a_login_does_not_show_in_debug_output() {
    assert_eq!(format!("{:?}", Login::new("alice", "secret")), "Login(***)");
}

proptest! {
    #[test]
    fn the_server_takes_what_the_client_answers(
        user in "[^\\x00-\\x1f\\x7f-\\u{9f}]{1,20}", password in any::<String>(), count in 1..u32::MAX,
        algorithm in prop::sample::select(ALGORITHMS.to_vec()),
    ) {
        let mut pair = Pair::new(algorithm);
        let login = Login::new(user, password.clone());
        pair.answering.set_count(count - 1);
        let wire: Credentials = pair.credentials(&login).to_string().parse().expect("our own");
        prop_assert_eq!(wire.auth.as_ref().map(|auth| auth.count), Some(count));
        prop_assert_eq!(pair.judge(&wire, &password, NOW), Judgement::Right);
        prop_assert_eq!(pair.judge(&wire, &password, NOW), Judgement::Stale);
    }
}
