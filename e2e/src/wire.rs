//! SIP messages as they stood on the wire, read from SIPp's log or from the relay.
//!
//! Promises: nothing of Ringbridge's own parser: what is judged here is judged by other code. Leaves to others: meaning.

use std::fmt;

/// Who sent a message, seen from the peer that logged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Ringbridge sent it.
    Ringbridge,
    /// The peer sent it.
    Peer,
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Who sent it.
    pub from: From,
    /// The request line or the status line.
    pub start: String,
    /// Headers in their order, names as written.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} [{}]", self.from, self.start, self.header("CSeq").unwrap_or("no CSeq"))
    }
}

impl Message {
    /// Reads one message from its text.
    #[must_use]
    pub fn read(from: From, text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['\r', '\n']);
        let (head, body) =
            text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text, ""));
        let mut lines = head.lines();
        let start = lines.next()?.trim().to_owned();
        if start.is_empty() {
            return None;
        }
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self { from, start, headers, body: body.to_owned() })
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method of a request; `None` for a response.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        if self.start.starts_with("SIP/") { None } else { self.start.split(' ').next() }
    }

    /// The status of a response; `None` for a request.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        if self.start.starts_with("SIP/") { self.start.split(' ').nth(1)?.parse().ok() } else { None }
    }

    /// The method that CSeq names.
    #[must_use]
    pub fn cseq_method(&self) -> &str {
        self.header("CSeq").and_then(|value| value.split_whitespace().nth(1)).unwrap_or("")
    }

    /// The number in CSeq.
    #[must_use]
    pub fn cseq(&self) -> u32 {
        self.header("CSeq").and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }

    /// The user part of the URI in a header, for example the number in From.
    #[must_use]
    pub fn user_of(&self, header: &str) -> Option<&str> {
        let value = self.header(header)?;
        let uri = value.split("sip:").nth(1)?;
        uri.split('@').next()
    }

    /// A word for it: `INVITE` when Ringbridge sent it, `< 200 INVITE` when the peer did.
    #[must_use]
    pub fn word(&self) -> String {
        let word = match (self.method(), self.status()) {
            (Some(method), _) => method.to_owned(),
            (None, Some(status)) => format!("{status} {}", self.cseq_method()),
            (None, None) => self.start.clone(),
        };
        match self.from {
            From::Ringbridge => word,
            From::Peer => format!("< {word}"),
        }
    }
}

/// The exchange in words, retransmissions left out (the same message again is no new word), and OPTIONS keep-alives too.
#[must_use]
pub fn flow(messages: &[Message]) -> Vec<String> {
    let mut seen: Vec<&Message> = Vec::new();
    for message in messages {
        let keep_alive = message.cseq_method() == "OPTIONS";
        if !keep_alive && message.status() != Some(100) && !seen.contains(&message) {
            seen.push(message);
        }
    }
    seen.into_iter().map(Message::word).collect()
}

/// The requests of one method that Ringbridge sent, retransmissions left out.
#[must_use]
pub fn requests<'m>(messages: &'m [Message], method: &str) -> Vec<&'m Message> {
    let mut found: Vec<&Message> = Vec::new();
    for message in messages {
        if message.from == From::Ringbridge && message.method() == Some(method) && !found.contains(&message) {
            found.push(message);
        }
    }
    found
}

/// Reads SIPp's message log (`-trace_msg`).
#[must_use]
pub fn read_log(log: &str) -> Vec<Message> {
    log.split("----------------------------------------------- ")
        .filter_map(|entry| {
            let (_, entry) = entry.split_once('\n')?;
            let (what, text) = entry.split_once('\n')?;
            let from = if what.contains("message received") { From::Ringbridge } else { From::Peer };
            Message::read(from, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_sipp_becomes_words() {
        let log = "----------------------------------------------- 2026-11-22 17:30:29.1\n\
            UDP message received [10] bytes :\n\nINVITE sip:1@127.0.0.1 SIP/2.0\r\nCSeq: 1 INVITE\r\nFrom: \"x\" <sip:525@h>;tag=1\r\n\r\nv=0\r\n\n\
            ----------------------------------------------- 2026-11-22 17:30:29.2\n\
            UDP message sent (10 bytes):\n\nSIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n\n\
            ----------------------------------------------- 2026-11-22 17:30:29.3\n\
            UDP message sent (10 bytes):\n\nSIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n\n";
        let messages = read_log(log);
        assert_eq!(flow(&messages), ["INVITE", "< 180 INVITE"]);
        assert_eq!(messages[0].user_of("from"), Some("525"));
        assert_eq!(messages.len(), 3);
    }
}
