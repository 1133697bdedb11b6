//! SIPp scenarios as Rust: what a phone or a trunk does, step by step, in the order of the wire.
//!
//! Promises: replies to the first INVITE carry its headers wherever the exchange is by then; one dialog a call, with a tag of
//! its own. Leaves to others: running it (`sipp`).

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

/// The payload and codec of the session descriptions: G.711 A-law and DTMF events, as a plain phone answers.
const MEDIA: &str = "RTP/AVP 8 101\n      a=rtpmap:8 PCMA/8000\n      a=rtpmap:101 telephone-event/8000\n      a=fmtp:101 0-16\n      a=sendrecv";

/// The port in session descriptions when none is named. Nothing listens there: who counts RTP names a port.
const SILENT_PORT: u16 = 40_000;

/// A scenario in the making. Each method adds one step.
#[derive(Clone, Debug)]
pub struct Scenario {
    name: String,
    steps: String,
    tag: String,
    contact: String,
    media_port: u16,
    version: u32,
    cseq: u32,
}

impl Scenario {
    /// A peer of that name that waits to be called.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            steps: String::new(),
            tag: "a".to_owned(),
            contact: "[local_ip]:[local_port]".to_owned(),
            media_port: SILENT_PORT,
            version: 1,
            cseq: 0,
        }
    }

    /// Names another address in Contact, so that requests of the dialog go there (a relay).
    #[must_use]
    pub fn reached_by(mut self, address: SocketAddr) -> Self {
        self.contact = address.to_string();
        self
    }

    /// Names the RTP port of the session descriptions that follow.
    #[must_use]
    pub fn media_at(mut self, port: u16) -> Self {
        self.media_port = port;
        self.version += 1;
        self
    }

    /// Replies to the first INVITE with another To tag from here on: another branch of a fork.
    #[must_use]
    pub fn as_branch(mut self, tag: &str) -> Self {
        tag.clone_into(&mut self.tag);
        self
    }

    /// Expects the first INVITE and remembers its headers.
    #[must_use]
    pub fn invited(mut self) -> Self {
        self.steps.push_str(
            r#"  <recv request="INVITE" rrs="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="remote"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="local"/>
      <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
      <ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
    </action>
  </recv>
  <Reference variables="via,remote,local,cseq,target"/>
"#,
        );
        self
    }

    /// Expects a request.
    #[must_use]
    pub fn expect(mut self, method: &str) -> Self {
        let _ = writeln!(self.steps, "  <recv request=\"{method}\"/>");
        self
    }

    /// Takes a request if it comes before what is expected next.
    #[must_use]
    pub fn allow(mut self, method: &str) -> Self {
        let _ = writeln!(self.steps, "  <recv request=\"{method}\" optional=\"true\"/>");
        self
    }

    /// Expects a response to a request of its own.
    #[must_use]
    pub fn expect_status(mut self, status: u16) -> Self {
        let _ = writeln!(self.steps, "  <recv response=\"{status}\"/>");
        self
    }

    /// Expects one of these statuses: all but the last are optional, so that the first to come is taken.
    #[must_use]
    pub fn expect_any_of(mut self, statuses: &[u16]) -> Self {
        let Some((last, others)) = statuses.split_last() else { return self };
        let label = self.steps.len();
        for status in others {
            let _ =
                writeln!(self.steps, "  <recv response=\"{status}\" optional=\"true\" next=\"{label}\"/>");
        }
        let _ = writeln!(self.steps, "  <recv response=\"{last}\"/>\n  <label id=\"{label}\"/>");
        self
    }

    /// The next re-INVITE repeats the description of before, as a refresh does.
    #[must_use]
    pub const fn same_description(mut self) -> Self {
        self.version -= 1;
        self
    }

    /// Replies to the first INVITE without a body, for example `180 Ringing`.
    #[must_use]
    pub fn reply(self, status: &str) -> Self {
        self.reply_with(status, &[])
    }

    /// Replies to the first INVITE without a body but with more headers.
    #[must_use]
    pub fn reply_with(mut self, status: &str, headers: &[&str]) -> Self {
        let head = self.reply_head(status, headers);
        self.send(&format!("{head}Content-Length: 0\n"), status.starts_with('1'));
        self
    }

    /// Replies to the first INVITE with a session description, for example `200 OK` or `183 Session Progress`.
    #[must_use]
    pub fn reply_sdp(self, status: &str) -> Self {
        self.reply_sdp_with(status, &[])
    }

    /// The same with more headers.
    #[must_use]
    pub fn reply_sdp_with(mut self, status: &str, headers: &[&str]) -> Self {
        let head = self.reply_head(status, headers);
        let body = self.description();
        self.send(&format!("{head}{body}"), status.starts_with('1'));
        self
    }

    /// Answers the request that came last, without a body.
    #[must_use]
    pub fn answer(mut self, status: &str) -> Self {
        let head = self.answer_head(status);
        self.send(&format!("{head}Content-Length: 0\n"), true);
        self
    }

    /// Answers the request that came last (a re-INVITE) with a session description.
    #[must_use]
    pub fn answer_sdp(mut self, status: &str) -> Self {
        let head = self.answer_head(status);
        let body = self.description();
        self.send(&format!("{head}{body}"), false);
        self
    }

    /// Waits.
    #[must_use]
    pub fn pause(mut self, time: Duration) -> Self {
        let _ = writeln!(self.steps, "  <pause milliseconds=\"{}\"/>", time.as_millis());
        self
    }

    /// Sends a BYE and does not wait for its answer.
    #[must_use]
    pub fn bye(mut self) -> Self {
        let head = self.request_head("BYE");
        self.send(&format!("{head}Content-Length: 0\n"), false);
        self
    }

    /// Sends a request of the dialog with a body of its own and no session description, for example an INFO.
    #[must_use]
    pub fn request(mut self, method: &str, headers: &[&str]) -> Self {
        let mut head = self.request_head(method);
        for header in headers {
            let _ = writeln!(head, "      {header}");
        }
        self.send(&format!("{head}      Content-Length: 0\n"), false);
        self
    }

    /// Sends a re-INVITE with a session description.
    #[must_use]
    pub fn reinvite(self) -> Self {
        self.reinvite_with(&[])
    }

    /// The same with more headers.
    #[must_use]
    pub fn reinvite_with(mut self, headers: &[&str]) -> Self {
        self.version += 1;
        let mut head = self.request_head("INVITE");
        for header in headers {
            let _ = writeln!(head, "      {header}");
        }
        let body = self.description();
        self.send(&format!("{head}{body}"), false);
        self
    }

    /// Acknowledges the 200 to its re-INVITE.
    #[must_use]
    pub fn ack(mut self) -> Self {
        self.cseq -= 1;
        let head = self.request_head("ACK");
        self.send(&format!("{head}Content-Length: 0\n"), true);
        self
    }

    /// The scenario as SIPp reads it.
    #[must_use]
    pub fn xml(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"{}\">\n{}</scenario>\n",
            self.name, self.steps
        )
    }

    /// One `send` step; what nobody acknowledges is sent once.
    fn send(&mut self, text: &str, once: bool) {
        let retransmission = if once { "" } else { " retrans=\"500\"" };
        let _ = writeln!(
            self.steps,
            "  <send{retransmission}>\n    <![CDATA[\n\n      {}\n    ]]>\n  </send>",
            text.trim()
        );
    }

    fn to_tag(&self) -> String {
        format!("tag=[pid]-[call_number]-{}", self.tag)
    }

    fn reply_head(&self, status: &str, headers: &[&str]) -> String {
        let mut head = format!(
            "SIP/2.0 {status}\n      Via:[$via]\n      From:[$remote]\n      To:[$local];{}\n      Call-ID: [call_id]\n      \
             CSeq:[$cseq]\n      Contact: <sip:{}@{};transport=[transport]>\n",
            self.to_tag(),
            self.name,
            self.contact
        );
        for header in headers {
            let _ = writeln!(head, "      {header}");
        }
        head.push_str("      ");
        head
    }

    fn answer_head(&self, status: &str) -> String {
        format!(
            "SIP/2.0 {status}\n      [last_Via:]\n      [last_From:]\n      [last_To:]\n      [last_Call-ID:]\n      [last_CSeq:]\n      \
             Contact: <sip:{}@{};transport=[transport]>\n      ",
            self.name, self.contact
        )
    }

    fn request_head(&mut self, method: &str) -> String {
        self.cseq += 1;
        format!(
            "{method} [$target] SIP/2.0\n      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n      \
             From:[$local];{}\n      To:[$remote]\n      Call-ID: [call_id]\n      CSeq: {} {method}\n      \
             Contact: <sip:{}@{};transport=[transport]>\n      Max-Forwards: 70\n",
            self.to_tag(),
            self.cseq,
            self.name,
            self.contact
        )
    }

    fn description(&self) -> String {
        format!(
            "Content-Type: application/sdp\n      Content-Length: [len]\n\n      v=0\n      o={} 1 {} IN IP4 127.0.0.1\n      s=-\n      \
             c=IN IP4 127.0.0.1\n      t=0 0\n      m=audio {} {MEDIA}\n",
            self.name, self.version, self.media_port
        )
    }
}

/// An agent's phone that rings, is picked up, takes the re-INVITE that joins it with the customer, and waits for BYE.
#[must_use]
pub fn agent_who_answers() -> Scenario {
    agent_who_picks_up().joined()
}

/// An agent's phone that rings and is picked up.
#[must_use]
pub fn agent_who_picks_up() -> Scenario {
    Scenario::new("agent").invited().reply("180 Ringing").reply_sdp("200 OK").expect("ACK")
}

/// A customer who rings and answers.
#[must_use]
pub fn customer_who_answers() -> Scenario {
    Scenario::new("customer").invited().reply("180 Ringing").reply_sdp("200 OK").expect("ACK")
}

impl Scenario {
    /// Takes the re-INVITE that joins it with the other side.
    #[must_use]
    pub fn joined(self) -> Self {
        self.expect("INVITE").answer_sdp("200 OK").expect("ACK")
    }

    /// Takes a BYE. It may cross the ACK that was expected before it: the other side may hang up at once.
    #[must_use]
    pub fn ended(mut self) -> Self {
        const ACK: &str = "  <recv request=\"ACK\"/>\n";
        if let Some(before) = self.steps.strip_suffix(ACK) {
            self.steps = format!("{before}  <recv request=\"ACK\" optional=\"true\"/>\n");
        }
        self.expect("BYE").answer("200 OK")
    }

    /// Takes a CANCEL: 200 to it, 487 to the INVITE, and its ACK.
    #[must_use]
    pub fn cancelled(self) -> Self {
        self.expect("CANCEL").answer("200 OK").refused("487 Request Terminated")
    }

    /// Refuses the INVITE with this status.
    #[must_use]
    pub fn refused(mut self, status: &str) -> Self {
        let head = self.reply_head(status, &[]);
        self.send(&format!("{head}Content-Length: 0\n"), false);
        self.expect("ACK")
    }

    /// Hangs up.
    #[must_use]
    pub fn hangs_up(self) -> Self {
        self.bye().expect_status(200)
    }
}
