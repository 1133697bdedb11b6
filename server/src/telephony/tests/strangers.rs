//! Who gets an answer, and who gets silence (SEC-35, SEC-37).

use super::*;
use crate::telephony::ToCall;
use ringbridge_core::id::TransactionId;
use tokio::sync::mpsc;

/// A peer at an address that is no trunk's and no phone's.
async fn stranger(server: &Server) -> Peer {
    Peer::at("127.0.0.77", server).await
}

/// Sends requests of a stranger, then one that everybody gets an answer to: it must be the first answer that comes.
async fn assert_silence(server: &Server, requests: &[String]) {
    let peer = stranger(server).await;
    for request in requests {
        peer.send(request.as_bytes()).await;
    }
    let last = request("REGISTER", peer.address(), "the-last-one", "");
    peer.send(last.as_bytes()).await;
    assert_eq!(peer.response().await.call_id.as_str(), "the-last-one");
}

#[tokio::test]
async fn strangers_get_silence() {
    let server = start(vec![trunk("main", "sip:127.0.0.1:5999".to_owned(), 0)]).await;
    let from = "127.0.0.77:5060".parse().unwrap();
    let mut requests: Vec<String> =
        ["OPTIONS", "INVITE", "MESSAGE", "SUBSCRIBE", "BYE", "CANCEL", "ACK", "FOO"]
            .iter()
            .map(|method| request(method, from, "abc", ""))
            .collect();
    requests.push("this is no SIP\r\n\r\n".to_owned());
    requests.push("\r\n\r\n".to_owned());
    assert_silence(&server, &requests).await;
}

#[tokio::test]
async fn a_trunk_gets_an_answer_to_options_and_refusals_of_what_is_not_done_here() {
    let server = start(vec![trunk("main", "sip:127.0.0.1:5999".to_owned(), 0)]).await;
    let peer = Peer::new(&server).await;
    let mut codes = Vec::new();
    for method in ["OPTIONS", "INVITE", "MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "BYE", "NEWMETHOD"] {
        codes.push((method, peer.ask(&request(method, peer.address(), "abc", "")).await));
    }
    assert_eq!(
        codes,
        [
            ("OPTIONS", 200),
            ("INVITE", 403),
            ("MESSAGE", 405),
            ("SUBSCRIBE", 405),
            ("PUBLISH", 405),
            ("REFER", 405),
            ("BYE", 481),
            ("NEWMETHOD", 501)
        ]
    );
}

#[tokio::test]
async fn the_address_of_a_fixed_phone_is_known() {
    let server = start(vec![]).await;
    let peer = Peer::at("127.0.0.9", &server).await;
    assert_eq!(peer.ask(&request("OPTIONS", peer.address(), "abc", "")).await, 200);
}

#[tokio::test]
async fn a_request_in_a_call_of_ours_that_is_over_gets_481() {
    let server = start(vec![]).await;
    let peer = stranger(&server).await;
    assert_eq!(peer.ask(&request("BYE", peer.address(), "7-a-1@h", IN_DIALOG)).await, 481);
}

#[tokio::test]
async fn what_comes_before_the_doors_are_open_waits_for_the_calls_of_the_last_run() {
    let folder = tempfile::tempdir().unwrap();
    let (store, directory) = data(folder.path()).await;
    let config = sip(vec![]);
    let sockets = Sockets::bind(&config).await.unwrap();
    let (telephony, doors) = sockets.start(&config.realm, store.clone(), directory.clone()).await.unwrap();
    let server = Server { telephony, directory, store, _folder: folder };
    let peer = stranger(&server).await;
    peer.send(request("BYE", peer.address(), "7-a-1@h", IN_DIALOG).as_bytes()).await;
    let (sender, mut inbox) = mpsc::channel(1);
    server.telephony.open_inbox(TransactionId(7), sender);
    doors.open();
    let heard = tokio::time::timeout(LONG, inbox.recv()).await.unwrap().unwrap();
    assert!(matches!(heard, ToCall::Request { .. }), "{heard:?}");
}
