//! The bench of many open consoles on one node: `./ringbridge bench consoles [COUNT] [SECONDS]`.
//!
//! Promises: the release binary on loopback with a data folder of its own; memory and CPU are the server's own, from `/proc`;
//! latencies count from the moment at which a change was due, so that a server that lags is not spared; each figure stands
//! beside its yardstick of the same run; everything is bounded. Leaves to others: what is good enough (the reader).

use ringbridge_e2e::console::{Change, Console, Door};
use ringbridge_e2e::server::Server;
use ringbridge_e2e::setup::Setup;
use ringbridge_e2e::{ports, process};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// State changes a second.
const RATE: u32 = 20;

/// The most consoles: an agent each; file handles and ports of loopback end somewhere above.
const CONSOLES_MAX: usize = 10_000;

/// What is measured over a stretch of time.
struct Stretch {
    /// The share of one core, 1.0 a whole one.
    cpu: f64,
    /// From due to answered.
    answers: Vec<Duration>,
    /// From due to the event at the console; empty without consoles.
    events: Vec<Duration>,
    /// Changes whose event did not come.
    lost: usize,
}

#[expect(clippy::print_stdout, reason = "a bench shows where it is")]
fn say(text: &str) {
    println!("{text}");
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(Ok(1_000), |text| text.parse::<usize>());
    let seconds = arguments.next().map_or(Ok(30), |text| text.parse::<u64>());
    let (Ok(count @ 1..=CONSOLES_MAX), Ok(seconds @ 1..=600)) = (count, seconds) else {
        say("usage: bench consoles [COUNT 1 to 10000] [SECONDS 1 to 600]");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(bench(count, Duration::from_secs(seconds)));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("no runtime: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn bench(count: usize, length: Duration) {
    let connection = yardstick(count).await;
    let (mut server, cookies) = crowd(count);
    // What the log-ins left in memory would hide what consoles need.
    server.restart();
    let door = Arc::new(Door::of(server.https(), &server.data()));
    sleep(Duration::from_secs(3)).await;

    say("without consoles");
    let memory_before = process::memory(server.id());
    let idle_before = idle(&server, length).await;
    let changes_before = changes(&server, &door, &cookies, &[], length).await;

    say(&format!("opening {count} consoles"));
    let mut consoles = Vec::with_capacity(count);
    for (number, cookie) in cookies.iter().enumerate() {
        consoles.push(Console::open(&door, cookie).await);
        if (number + 1) % 200 == 0 {
            say(&format!("  {} open", number + 1));
        }
    }
    sleep(Duration::from_secs(3)).await;
    let memory_open = process::memory(server.id());
    say("with consoles");
    let idle_open = idle(&server, length).await;
    let changes_open = changes(&server, &door, &cookies, &consoles, length).await;
    let memory_after = process::memory(server.id());

    let per = |kib: u64| format!("{:.1} KiB", kib as f64 / count as f64);
    let open = |length: usize| server.metric("event_streams").map_or(length as u64, |streams| streams);
    let rows = [
        ("open event streams", open(0).to_string(), format!("{count} asked for")),
        ("memory", mib(memory_open), format!("{} with 0 consoles", mib(memory_before))),
        (
            "memory for each console",
            per(memory_open.saturating_sub(memory_before)),
            format!("{} for a bare TLS connection to the same binary", per(connection)),
        ),
        ("memory after the changes", mib(memory_after), format!("{} before them", mib(memory_open))),
        (
            "CPU while nothing happens",
            percent(idle_open),
            format!("{} with 0 consoles", percent(idle_before)),
        ),
        (
            "CPU at 20 changes a second",
            percent(changes_open.cpu),
            format!("{} with 0 consoles", percent(changes_before.cpu)),
        ),
        (
            "change to its event, p50",
            millis(&changes_open.events, 50),
            format!("{} until the change itself is answered (on disk)", millis(&changes_open.answers, 50)),
        ),
        (
            "change to its event, p99",
            millis(&changes_open.events, 99),
            format!("{} until it is answered", millis(&changes_open.answers, 99)),
        ),
        (
            "change to its answer, p50",
            millis(&changes_open.answers, 50),
            format!("{} with 0 consoles", millis(&changes_before.answers, 50)),
        ),
        ("events that did not come", changes_open.lost.to_string(), "0".to_owned()),
    ];
    report(count, length, &rows);
}

/// What a bare TLS connection costs this binary, in KiB for all of them: a server of its own, so that no memory is used twice.
async fn yardstick(count: usize) -> u64 {
    say(&format!("yardstick: {count} bare TLS connections"));
    let server = Server::start(&Setup::default().agent("agent0", ports::loopback()));
    let door = Door::of(server.https(), &server.data());
    sleep(Duration::from_secs(2)).await;
    let before = process::memory(server.id());
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        open.push(door.connect().await);
    }
    process::memory(server.id()).saturating_sub(before)
}

/// A server with that many agents, and the session of each.
fn crowd(count: usize) -> (Server, Vec<String>) {
    say(&format!("a tenant of {count} agents: hashing their passwords"));
    let phones = ports::loopback();
    let names: Vec<String> = (0..count).map(|number| format!("agent{number}")).collect();
    let setup = names.iter().fold(Setup::default(), |setup, name| setup.agent(name, phones));
    let server = Server::start(&setup);
    say("logging them in");
    let cookies = thread::scope(|scope| {
        let server = &server;
        let threads: Vec<_> = names
            .chunks(count.div_ceil(4))
            .map(|part| {
                // The session's own connection is closed at once: only its cookie is needed.
                let log_in = |name: &String| server.login(name).cookie().to_owned();
                scope.spawn(move || part.iter().map(log_in).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the log-ins")).collect()
    });
    (server, cookies)
}

/// The share of a core that the server takes while nobody does anything.
async fn idle(server: &Server, length: Duration) -> f64 {
    let (began, before) = (Instant::now(), process::cpu(server.id()));
    sleep(length).await;
    (process::cpu(server.id()) - before).as_secs_f64() / began.elapsed().as_secs_f64()
}

/// Twenty agents a second change their state, one after another; each console waits for its own event.
async fn changes(
    server: &Server,
    door: &Arc<Door>,
    cookies: &[String],
    consoles: &[Console],
    length: Duration,
) -> Stretch {
    let mut desks = Vec::new();
    // Enough connections that one change waits for no other.
    for _ in 0..RATE {
        desks.push(Change::through(door).await);
    }
    let total = u32::try_from(length.as_secs()).unwrap_or(600) * RATE;
    let (began, before) = (Instant::now(), process::cpu(server.id()));
    let mut tasks: Vec<tokio::task::JoinHandle<_>> = Vec::new();
    for number in 0..total {
        let due = began + Duration::from_secs(1) * number / RATE;
        tokio::time::sleep_until(due).await;
        let agent = number as usize % cookies.len();
        let state =
            if (number as usize / cookies.len()).is_multiple_of(2) { "on_break" } else { "available" };
        let desk = desks[number as usize % desks.len()].clone();
        let heard = consoles.get(agent).map(|console| console.next_event());
        let cookie = cookies[agent].clone();
        tasks.push(tokio::spawn(async move {
            desk.put(&cookie, state).await;
            let answered = due.elapsed();
            match heard {
                None => (answered, None),
                Some(heard) => (answered, Some(heard.await.map(|at| at.duration_since(due)))),
            }
        }));
    }
    let mut stretch = Stretch { cpu: 0.0, answers: Vec::new(), events: Vec::new(), lost: 0 };
    for task in tasks {
        let (answered, heard) = task.await.expect("a change");
        stretch.answers.push(answered);
        match heard {
            None => {}
            Some(Some(after)) => stretch.events.push(after),
            Some(None) => stretch.lost += 1,
        }
    }
    stretch.cpu = (process::cpu(server.id()) - before).as_secs_f64() / began.elapsed().as_secs_f64();
    stretch
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

fn percent(share: f64) -> String {
    format!("{:.1} % of a core", share * 100.0)
}

/// A percentile in milliseconds; a dash where there is nothing.
fn millis(times: &[Duration], percentile: usize) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percentile / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or_else(|| "-".to_owned(), |time| format!("{:.1} ms", time.as_secs_f64() * 1000.0))
}

/// Prints the table and keeps it.
fn report(count: usize, length: Duration, rows: &[(&str, String, String)]) {
    let line = |command: &str, arguments: &[&str]| {
        let output = Command::new(command).args(arguments).output().ok();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("e2e lies in the workspace");
    let commit = line("git", &["-C", &root.display().to_string(), "describe", "--always", "--dirty"]);
    let cpus = thread::available_parallelism().map_or(0, usize::from);
    let mut text = format!(
        "# {count} open consoles on one node\n\n`./ringbridge bench consoles {count} {}`: one agent, one session and one event \
         stream a console, HTTP/1.1 over TLS on loopback; {RATE} changes of state a second; each stretch {} s.\n\n\
         {}, commit {commit}, {cpus} cores, Linux {}, load {}. The client runs on the same machine.\n\n\
         | | measured | beside it, in the same run |\n| --- | --- | --- |\n",
        length.as_secs(),
        length.as_secs(),
        line("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        line("uname", &["-rm"]),
        line("cut", &["-d ", "-f1-3", "/proc/loadavg"]),
    );
    for (what, measured, beside) in rows {
        let _ = writeln!(text, "| {what} | {measured} | {beside} |");
    }
    say(&format!("\n{text}"));
    let folder = root.join("bench").join("results");
    let kept =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("consoles.md"), &text));
    say(&kept.map_or_else(
        |error| format!("not kept: {error}"),
        |()| "kept in bench/results/consoles.md".to_owned(),
    ));
}
