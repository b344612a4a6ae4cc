//! `uioscope model export` and `explore`: the same scenarios in other people's tools.

use crate::support::{Directory, uioscope};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn a_scenario_is_exported_for_spin_and_for_tlc() {
    let directory = Directory::new();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(directory.path());
    let promela = inside(&["model", "export", "lwp-exit/lwp", "--promela"]).exits(0).stdout;
    assert!(promela.contains("active proctype kernel()") && promela.contains("/* lwp-exit p0 l0 */"), "{promela}");
    inside(&["model", "export", "--design", "proc", "--tla", "-o", "Standard.tla"]).exits(0);
    assert!(directory.read("Standard.tla").starts_with("---- MODULE Standard ----\n"));
    assert!(directory.read("Standard.cfg").contains("NoWrongAddressSpace"));
}

#[test]
fn a_question_that_is_none_is_named() {
    let directory = Directory::new();
    for (arguments, wanted) in [
        (&["lwp-exit", "--promela"][..], "one scenario is exported at a time; name one of lwp-exit/proc, lwp-exit/lwp"),
        (&["lwp-exit/lwp"], "--promela|--tla"),
        (&["lwp-exit/lwp", "--tla", "--promela"], "cannot be used with"),
        (&["lwp-exit/lwp", "--tla", "-o", "1.tla"], "TLC wants NAME.tla"),
        (&["lwp-exit/lwp", "--tla", "-o", "Lwp.txt"], "TLC wants NAME.tla"),
    ] {
        let ran = uioscope(["model", "export"].iter().chain(arguments)).within(directory.path()).exits(2);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    }
}

#[test]
fn the_ownership_graph_is_drawn_where_the_trace_ends() {
    let directory = Directory::new();
    uioscope(["model", "check", "lwp-exit/lwp", "--dot", "o.dot"]).within(directory.path()).exits(0);
    let dot = directory.read("o.dot");
    assert!(dot.starts_with("digraph {") && dot.contains("freed LWP"), "{dot}");
    let safe = ["model", "check", "lwp-exit/proc", "--dot", "none.dot"];
    let ran = uioscope(safe).within(directory.path()).exits(0);
    assert!(ran.stderr.contains("there is nothing to draw"), "{}", ran.stderr);
}

#[test]
fn a_trace_is_written_as_a_kernel_trace_that_ktrace_reads() {
    let directory = Directory::new();
    let inside = |arguments: &[&str]| uioscope(arguments.iter().copied()).within(directory.path()).exits(0).stdout;
    inside(&["model", "check", "lwp-exit/lwp", "--trace", "t.ktrace"]);
    let dump = inside(&["ktrace", "dump", "t.ktrace"]);
    assert_eq!(dump.lines().count(), 5, "{dump}");
    assert!(dump.contains("lwp-exit p0 l0: l0 of p0 gone") && dump.contains("use-after-free-lwp"), "{dump}");
    assert!(inside(&["ktrace", "info", "t.ktrace"]).contains("uioscope model"));
}

/// Ends the server when the test ends, however it ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answer to a request, once the server is up.
fn ask(port: u16, request: &str) -> String {
    let began = Instant::now();
    loop {
        let answer = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|mut stream| {
            write!(stream, "{request}\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        });
        match answer {
            Ok(answer) => return answer,
            Err(e) => assert!(began.elapsed() < Duration::from_secs(60), "no answer: {e}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_scenario_is_explored_in_a_browser() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let explore = ["model", "explore", "lwp-exit/lwp", "--port", &port.to_string()].map(str::to_owned);
    let taken = uioscope(&explore).exits(2);
    assert!(taken.stderr.contains("cannot listen there"), "{}", taken.stderr);
    drop(listener);
    let mut command = Command::new(env!("CARGO_BIN_EXE_uioscope"));
    let mut server =
        Server(command.args(&explore).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts"));
    let mut said = String::new();
    BufReader::new(server.0.stderr.take().expect("piped")).read_line(&mut said).expect("a line");
    let token = said.split_once("?token=").and_then(|(_, rest)| rest.split(' ').next()).expect("an address").to_owned();

    // Nobody is answered who was not told the address, or comes from elsewhere.
    let host = format!("Host: localhost:{port}");
    let cookie = format!("{host}\r\nCookie: uioscope-{port}={token}");
    for refused in [
        format!("GET /.states/ HTTP/1.1\r\n{host}"),
        format!("GET /?token={token} HTTP/1.1\r\nHost: evil.example"),
        format!("POST /.runtocompletion HTTP/1.1\r\n{host}"),
        format!("POST /.runtocompletion HTTP/1.1\r\n{cookie}\r\nOrigin: http://evil.example"),
    ] {
        let answer = ask(port, &refused);
        assert!(answer.starts_with("HTTP/1.1 403 "), "{refused}: {answer}");
    }
    let told = ask(port, &format!("GET /?token={token} HTTP/1.1\r\n{host}"));
    assert!(told.contains(&format!("Set-Cookie: uioscope-{port}={token}; ")), "{told}");

    // The server behind the front may take a moment longer.
    let get = |path: &str| {
        let began = Instant::now();
        loop {
            let answer = ask(port, &format!("GET {path} HTTP/1.1\r\n{cookie}"));
            if !answer.is_empty() || began.elapsed() > Duration::from_secs(60) {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let first = get("/.states/");
    assert!(first.contains("p0 live [l0 l1] in v0"), "{first}");
    // A state is named by the steps that lead to it.
    let next = get("/.states/0");
    assert!(next.contains("submit-disk p0 l1 r0") && next.contains("\"lwp-exit p0 l0\""), "{next}");
}
