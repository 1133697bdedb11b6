//! Trunks are asked whether they are there.

use super::*;
use crate::telephony::TrunkState;
use ringbridge_sip::method::Method;
use ringbridge_sip::status::Status;
use ringbridge_sip::text::SipToken;

/// Waits for a state of the only trunk. Looks again after each event of the peer's, so that no time is guessed.
async fn state_becomes(server: &Server, wanted: impl Fn(TrunkState) -> bool) {
    let looked = tokio::time::timeout(LONG, async {
        while !server.telephony.trunk_states().iter().any(|(_, state)| wanted(*state)) {
            tokio::task::yield_now().await;
        }
    });
    looked.await.unwrap();
}

#[tokio::test]
async fn a_trunk_that_answers_anything_is_up() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("sip:{}", socket.local_addr().unwrap());
    let server = start(vec![trunk("main", uri, 1)]).await;
    let peer = Peer { socket, server: server.udp() };
    let options = peer.request().await;
    assert_eq!(options.method, Method::Options);
    assert_eq!(server.telephony.trunk_states(), [("main".to_owned(), TrunkState::Unknown)]);
    peer.send(&options.answer(Status::NOT_FOUND, &SipToken::constant("t")).to_bytes()).await;
    state_becomes(&server, |state| matches!(state, TrunkState::Up { code: 404, .. })).await;
    assert_eq!(peer.request().await.method, Method::Options, "and is asked again");
}

#[tokio::test]
async fn a_trunk_that_cannot_be_reached_is_down() {
    let server = start(vec![trunk("main", "sip:no-such-host.invalid".to_owned(), 1)]).await;
    state_becomes(&server, |state| matches!(state, TrunkState::Down { .. })).await;
}

#[tokio::test]
async fn a_trunk_with_keep_alive_0_is_not_asked() {
    let server = start(vec![trunk("main", "sip:127.0.0.1:5999".to_owned(), 0)]).await;
    assert_eq!(server.telephony.trunk_states(), [("main".to_owned(), TrunkState::Unknown)]);
    assert_eq!(server.telephony.trunk("main").unwrap().uri.to_string(), "sip:127.0.0.1:5999");
    assert_eq!(server.telephony.trunk("other"), None);
}
