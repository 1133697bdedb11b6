//! The tokens that the org gave out.
//!
//! Promises: a session ends after its time without use; a code works once and for 15 minutes; a user has at most five
//! lasting grants, the sixth ends the oldest; with rotation a refresh token dies when it is used (salesforce.md 1.1).
//! Leaves to others: who gets one (`oauth`).

use super::clock;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};

/// How long an authorization code works.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(15);
/// How many refresh tokens a user has at most.
const LASTING_MAX: usize = 5;
/// The most sessions and codes that are kept: a load test may ask for a token with each request.
const KEPT_MAX: usize = 20_000;

/// Whether a refresh token is replaced whenever it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It stays.
    Off,
    /// Each refresh gives a new one and ends the old one.
    On,
}

/// A live access token.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The id of the user.
    pub(super) user: String,
    pub(super) scope: String,
    pub(super) issued: Timestamp,
    pub(super) ends: Timestamp,
    /// The lasting grant it comes from.
    grant: Option<u64>,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Lasting {
    pub(super) user: String,
    pub(super) scope: String,
    grant: u64,
}

/// What an authorization code stands for.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) user: String,
    pub(super) scope: String,
    pub(super) redirect: String,
    /// The PKCE challenge, S256.
    pub(super) challenge: String,
    ends: Timestamp,
}

impl Code {
    /// Whether this verifier is the one that the challenge was made from (RFC 7636 4.6).
    pub(super) fn verified_by(&self, verifier: &str) -> bool {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == self.challenge
    }
}

/// All tokens.
#[derive(Debug)]
pub(super) struct Grants {
    org: String,
    life: SignedDuration,
    pub(super) rotation: Rotation,
    sessions: HashMap<String, Session>,
    lasting: VecDeque<(String, Lasting)>,
    codes: HashMap<String, Code>,
    given: u64,
}

impl Grants {
    /// None yet; sessions end after `life` without use.
    pub(super) fn new(org: &str, life: SignedDuration, rotation: Rotation) -> Self {
        Self {
            org: org.to_owned(),
            life,
            rotation,
            sessions: HashMap::new(),
            lasting: VecDeque::new(),
            codes: HashMap::new(),
            given: 0,
        }
    }

    /// A new session; the access token.
    pub(super) fn open(&mut self, user: &str, scope: &str) -> String {
        self.open_of(user, scope, None)
    }

    fn open_of(&mut self, user: &str, scope: &str, grant: Option<u64>) -> String {
        let now = clock::now();
        if self.sessions.len() >= KEPT_MAX {
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.ends);
            if let Some(token) = oldest.map(|(token, _)| token.clone()) {
                self.sessions.remove(&token);
            }
        }
        let token = format!("{}!AQ{}", &self.org[..15], secret());
        let session = Session {
            user: user.to_owned(),
            scope: scope.to_owned(),
            issued: now,
            ends: now + self.life,
            grant,
        };
        self.sessions.insert(token.clone(), session);
        token
    }

    /// The session of a token, which lives on by being used.
    pub(super) fn use_session(&mut self, token: &str) -> Option<Session> {
        let now = clock::now();
        let session = self.sessions.get_mut(token)?;
        if session.ends <= now {
            self.sessions.remove(token);
            return None;
        }
        session.ends = now + self.life;
        Some(session.clone())
    }

    /// The session of a token, looked at and left alone.
    pub(super) fn session(&self, token: &str) -> Option<&Session> {
        self.sessions.get(token).filter(|session| session.ends > clock::now())
    }

    /// A lasting grant with its first session: access token and refresh token.
    pub(super) fn open_lasting(&mut self, user: &str, scope: &str) -> (String, String) {
        self.given += 1;
        let grant = self.given;
        let of_user = self.lasting.iter().filter(|(_, lasting)| lasting.user == user);
        if of_user.count() >= LASTING_MAX
            && let Some(oldest) = self.lasting.iter().find(|(_, lasting)| lasting.user == user)
        {
            self.end_grant(oldest.1.grant);
        }
        let refresh = refresh_token();
        let lasting = Lasting { user: user.to_owned(), scope: scope.to_owned(), grant };
        self.lasting.push_back((refresh.clone(), lasting));
        (self.open_of(user, scope, Some(grant)), refresh)
    }

    /// A new session from a refresh token, and the token that replaces it if they rotate; `None` when it is dead.
    pub(super) fn refresh(&mut self, refresh: &str) -> Option<(String, Option<String>, Lasting)> {
        let place = self.lasting.iter().position(|(token, _)| token == refresh)?;
        let lasting = self.lasting[place].1.clone();
        let replacement = match self.rotation {
            Rotation::Off => None,
            Rotation::On => {
                let new = refresh_token();
                self.lasting[place].0.clone_from(&new);
                Some(new)
            }
        };
        let access = self.open_of(&lasting.user, &lasting.scope, Some(lasting.grant));
        Some((access, replacement, lasting))
    }

    fn end_grant(&mut self, grant: u64) {
        self.lasting.retain(|(_, lasting)| lasting.grant != grant);
        self.sessions.retain(|_, session| session.grant != Some(grant));
    }

    /// Ends what this token stands for: a session, or a lasting grant with its sessions. Whether there was one.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let lasting = self.lasting.iter().find(|(refresh, _)| refresh == token);
        if let Some(grant) = lasting.map(|(_, lasting)| lasting.grant) {
            self.end_grant(grant);
            return true;
        }
        self.sessions.remove(token).is_some()
    }

    /// Ends every session; lasting grants stay.
    pub(super) fn expire_all(&mut self) {
        self.sessions.clear();
    }

    /// A code that is sent to the redirect address.
    pub(super) fn code(&mut self, user: &str, scope: &str, redirect: &str, challenge: &str) -> String {
        let now = clock::now();
        self.codes.retain(|_, code| code.ends > now);
        if self.codes.len() >= KEPT_MAX {
            self.codes.clear();
        }
        // Real codes end in "==", which callers must decode from the address before they send it on.
        let code = format!("aPrx{}==", secret());
        let stands_for = Code {
            user: user.to_owned(),
            scope: scope.to_owned(),
            redirect: redirect.to_owned(),
            challenge: challenge.to_owned(),
            ends: now + CODE_LIFE,
        };
        self.codes.insert(code.clone(), stands_for);
        code
    }

    /// What a code stands for; it works once.
    pub(super) fn redeem(&mut self, code: &str) -> Option<Code> {
        self.codes.remove(code).filter(|code| code.ends > clock::now())
    }
}

/// A refresh token as real ones look.
fn refresh_token() -> String {
    format!("5Aep861{}", secret())
}

/// 192 bits nobody can guess.
pub(super) fn secret() -> String {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(rotation: Rotation) -> Grants {
        Grants::new("00D5e0000000001EAA", SignedDuration::from_hours(2), rotation)
    }

    #[test]
    fn a_sixth_grant_ends_the_oldest_with_its_sessions() {
        let mut grants = grants(Rotation::Off);
        let made: Vec<_> = (0..6).map(|_| grants.open_lasting("u", "api")).collect();
        assert!(grants.session(&made[0].0).is_none() && grants.refresh(&made[0].1).is_none());
        assert!(made[1..].iter().all(|(access, _)| grants.session(access).is_some()));
        assert!(grants.refresh(&made[1].1).is_some());
    }

    #[test]
    fn with_rotation_a_refresh_token_works_once() {
        let mut grants = grants(Rotation::On);
        let (_, first) = grants.open_lasting("u", "api");
        let (_, second, _) = grants.refresh(&first).unwrap();
        assert!(grants.refresh(&first).is_none());
        assert!(grants.refresh(&second.unwrap()).is_some());
    }

    #[test]
    fn a_code_works_once() {
        let mut grants = grants(Rotation::Off);
        let code = grants.code("u", "api", "https://x/cb", "c");
        assert!(grants.redeem(&code).is_some() && grants.redeem(&code).is_none());
    }

    #[test]
    fn a_session_without_time_is_over() {
        let mut grants = Grants::new("00D5e0000000001EAA", SignedDuration::ZERO, Rotation::Off);
        let token = grants.open("u", "api");
        assert!(grants.session(&token).is_none() && grants.use_session(&token).is_none());
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let mut grants = grants(Rotation::Off);
        let code = grants.code("u", "api", "https://x/cb", challenge);
        let code = grants.redeem(&code).unwrap();
        assert!(code.verified_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") && !code.verified_by("x"));
    }
}
