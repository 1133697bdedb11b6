//! A web site of somebody else: one page at an origin of its own, as a CRM would show it.
//!
//! Promises: every GET is answered with the page; it runs until it is dropped. Leaves to others: what the page holds.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// How long a browser may take to send its request.
const LIMIT: Duration = Duration::from_secs(10);

/// A running site.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    over: Arc<AtomicBool>,
}

impl Site {
    /// Serves a page with this body on any free port.
    #[must_use]
    pub fn start(body: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let over = Arc::new(AtomicBool::new(false));
        let page = format!("<!doctype html><html lang=\"en\"><title>CRM</title><body>{body}</body></html>");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
        let ended = Arc::clone(&over);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A browser opens connections that it does not use: none may keep the next one waiting.
                let answer = answer.clone();
                thread::spawn(move || serve(connection, &answer));
            }
        });
        Self { address, over }
    }

    /// Its origin: a name that browsers take for this machine, and another site than `localhost`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://crm.localhost:{}", self.address.port())
    }
}

fn serve(mut connection: TcpStream, answer: &str) {
    let _ = connection.set_read_timeout(Some(LIMIT));
    let Ok(reading) = connection.try_clone() else { return };
    let mut lines = BufReader::new(reading).lines().map_while(Result::ok);
    if lines.any(|line| line.is_empty()) {
        let _ = connection.write_all(answer.as_bytes());
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}
