//! The stand-in phones against SIPp, a client that others wrote: what the demo shows must be real SIP.

use ringbridge_e2e::{ports, sipp::Sipp, wire::flow};
use ringbridge_standin::phone::{
    AutoAnswer, Phase, Phone, PhoneConfig, PhoneView, Registration, RegistrationView,
};
use std::{fmt::Write as _, net::SocketAddr, time::Duration};

const PATIENCE: Duration = Duration::from_secs(10);

/// A caller in the making, as SIPp reads it: its steps, how many there are, the status expected last.
struct Caller(String, usize, u16);

impl Caller {
    /// Sends a request; within the dialog the To header of the last answer is repeated.
    fn request(mut self, method: &str, cseq: u32, body: &str) -> Self {
        let to = if cseq == 1 && method == "INVITE" {
            "To: <sip:16502928880@[remote_ip]:[remote_port]>"
        } else {
            "[last_To:]"
        };
        let content = if body.is_empty() {
            "Content-Length: 0\n".to_owned()
        } else {
            let kind = if body.starts_with("v=0") { "application/sdp" } else { "application/dtmf-relay" };
            format!("Content-Type: {kind}\n      Content-Length: [len]\n\n      {body}\n")
        };
        let repeats = if method == "ACK" { "" } else { " retrans=\"500\"" };
        // CANCEL and the ACK of a failure carry the branch of their INVITE, which is the first step.
        let of_invite = method == "CANCEL" || (method == "ACK" && self.2 >= 300);
        let branch = if of_invite { format!("[branch-{}]", self.1) } else { "[branch]".to_owned() };
        let to = if method == "CANCEL" { "To: <sip:16502928880@[remote_ip]:[remote_port]>" } else { to };
        let _ = write!(
            self.0,
            "  <send{repeats}>\n    <![CDATA[\n\n      {method} sip:16502928880@[remote_ip]:[remote_port] SIP/2.0\n      \
             Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}\n      \
             From: \"Sales\" <sip:5251990@[local_ip]:[local_port]>;tag=[pid]\n      {to}\n      Call-ID: [call_id]\n      \
             CSeq: {cseq} {method}\n      Contact: <sip:5251990@[local_ip]:[local_port]>\n      Max-Forwards: 70\n      {content}\n    ]]>\n  </send>\n"
        );
        self.1 += 1;
        self
    }

    fn expect(mut self, status: u16) -> Self {
        self.1 += 1;
        self.2 = status;
        let _ = writeln!(self.0, "  <recv response=\"{status}\"/>");
        self
    }

    fn expect_bye(mut self) -> Self {
        self.0.push_str(
            "  <recv request=\"BYE\"/>\n  <send>\n    <![CDATA[\n\n      SIP/2.0 200 OK\n      [last_Via:]\n      [last_From:]\n      \
             [last_To:]\n      [last_Call-ID:]\n      [last_CSeq:]\n      Content-Length: 0\n\n    ]]>\n  </send>\n",
        );
        self
    }

    fn pause(mut self, time: Duration) -> Self {
        let _ = writeln!(self.0, "  <pause milliseconds=\"{}\"/>", time.as_millis());
        self
    }

    fn call(self, phone: &Phone) -> Sipp {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"caller\">\n{}</scenario>\n",
            self.0
        );
        let media = ports::free().to_string();
        Sipp::client(
            "caller",
            ports::loopback(),
            phone.address(),
            &xml,
            &["-rtp_echo", "-mi", "127.0.0.1", "-mp", &media],
        )
    }
}

const OFFER: &str = "v=0\n      o=caller 1 1 IN IP4 127.0.0.1\n      s=-\n      c=IN IP4 127.0.0.1\n      t=0 0\n      \
    m=audio [media_port] RTP/AVP 8 0\n      a=rtpmap:8 PCMA/8000\n      a=rtpmap:0 PCMU/8000";

fn invite() -> Caller {
    Caller(String::new(), 0, 0).request("INVITE", 1, OFFER)
}

async fn phone() -> Phone {
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    Phone::start(PhoneConfig::new("customer", any)).await.expect("a phone")
}

fn rings(view: &PhoneView) -> bool {
    view.call.as_ref().is_some_and(|call| call.phase == Phase::Ringing)
}

/// Waits for SIPp without holding up the phone.
async fn finish(sipp: Sipp) -> Vec<String> {
    tokio::task::spawn_blocking(move || flow(&sipp.finish())).await.expect("SIPp ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_answered_by_hand_and_sends_and_hears_sound() {
    let phone = phone().await;
    let caller = invite().expect(180).expect(200).request("ACK", 1, "").expect_bye().call(&phone);
    let view = phone.until(PATIENCE, rings).await.expect("it rings");
    let call = view.call.expect("a call");
    assert_eq!(
        (call.from.as_str(), call.display.as_str(), call.called.as_str()),
        ("5251990", "Sales", "16502928880")
    );
    phone.answer();
    let heard = |view: &PhoneView| {
        view.call.as_ref().is_some_and(|call| call.rtp.sent > 20 && call.rtp.received > 20)
    };
    phone.until(PATIENCE, heard).await.expect("SIPp echoes the tone");
    phone.hang_up();
    // Seen from the caller: "Peer" is SIPp, what the phone sent stands bare.
    assert_eq!(finish(caller).await, ["< INVITE", "180 INVITE", "200 INVITE", "< ACK", "BYE", "< 200 BYE"]);
    assert_eq!(phone.view().call, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_answers_by_itself_takes_dtmf_and_a_new_description_and_is_hung_up() {
    let phone = phone().await;
    phone.set_auto_answer(AutoAnswer::After(Duration::from_millis(50)));
    let caller = invite().expect(180).expect(200).request("ACK", 1, "");
    let caller = caller.request("INFO", 2, "Signal=7\n      Duration=160").expect(200);
    let caller = caller.request("INVITE", 3, OFFER).expect(200).request("ACK", 3, "");
    let caller = caller.pause(Duration::from_millis(300)).request("BYE", 4, "").expect(200).call(&phone);
    phone
        .until(PATIENCE, |view| view.call.as_ref().is_some_and(|call| call.digits == "7"))
        .await
        .expect("DTMF");
    let _ = finish(caller).await;
    let over =
        phone.until(PATIENCE, |view| view.call.is_none() && view.calls == 1).await.expect("it is over");
    assert_eq!(over.last_end, "hung up by the far end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_refuses_as_told_and_is_busy_for_a_second_call() {
    let phone = phone().await;
    let first = invite().expect(180).expect(603).request("ACK", 1, "").call(&phone);
    phone.until(PATIENCE, rings).await.expect("it rings");
    let second = invite().expect(486).request("ACK", 1, "").call(&phone);
    let _ = finish(second).await;
    phone.reject(603);
    let _ = finish(first).await;
    assert_eq!(phone.view().last_end, "refused with 603");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ringing_phone_is_cancelled() {
    let phone = phone().await;
    let caller = invite()
        .expect(180)
        .request("CANCEL", 1, "")
        .expect(200)
        .expect(487)
        .request("ACK", 1, "")
        .call(&phone);
    phone.until(PATIENCE, |view| view.last_end == "cancelled").await.expect("it stops ringing");
    let _ = finish(caller).await;
}

/// A registrar that challenges and verifies the answer.
const REGISTRAR: &str = r#"<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="registrar">
  <recv request="REGISTER"/>
  <send>
    <![CDATA[

      SIP/2.0 401 Unauthorized
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]
      [last_Call-ID:]
      [last_CSeq:]
      WWW-Authenticate: Digest realm="ringbridge", nonce="n0nce", algorithm=MD5, qop="auth"
      Content-Length: 0

    ]]>
  </send>
  <recv request="REGISTER">
    <action><verifyauth assign_to="right" username="alice" password="phone secret"/></action>
  </recv>
  <nop hide="true" test="right" next="yes"/>
  <send next="end">
    <![CDATA[

      SIP/2.0 403 Forbidden
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

    ]]>
  </send>
  <label id="yes"/>
  <send>
    <![CDATA[

      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]
      [last_Call-ID:]
      [last_CSeq:]
      [last_Contact:]
      Expires: 60
      Content-Length: 0

    ]]>
  </send>
  <label id="end"/>
</scenario>
"#;

async fn registering(password: &str) -> (Phone, Sipp) {
    let registrar = ports::loopback();
    let sipp = Sipp::serve("registrar", registrar, REGISTRAR);
    let account = Registration {
        registrar,
        domain: "ringbridge".to_owned(),
        user: "alice".to_owned(),
        password: password.to_owned(),
        expires: Duration::from_secs(60),
    };
    let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let config = PhoneConfig { registration: Some(account), ..PhoneConfig::new("alice", any) };
    (Phone::start(config).await.expect("a phone"), sipp)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_registers_by_digest() {
    let (phone, sipp) = registering("phone secret").await;
    let registered = |view: &PhoneView| view.registration == RegistrationView::Registered;
    phone.until(PATIENCE, registered).await.expect("registered");
    assert_eq!(finish(sipp).await, ["REGISTER", "< 401 REGISTER", "REGISTER", "< 200 REGISTER"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_a_wrong_password_says_that_it_is_not_registered() {
    let (phone, sipp) = registering("wrong").await;
    let failed = |view: &PhoneView| view.registration == RegistrationView::Failed("403 Forbidden".to_owned());
    phone.until(PATIENCE, failed).await.expect("refused");
    let _ = finish(sipp).await;
}
