//! Figures of a command while it runs, as people, scripts and Prometheus ask for them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
};

use crate::{braid, command, text};

fn get(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it serves");
    let request = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn a_running_command_serves_its_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = text(&folder.path().join("data"));
    braid(&["--data", &data, "send", "bob", "--value", "1ether"]).expect_code(0);
    // It waits for transactions on stdin.
    let arguments = ["--data", &data, "--metrics", "127.0.0.1:0", "block", "make", "-"];
    let mut running = command(&arguments)
        .env("BRAID_LOG__LEVEL", "info")
        .env("BRAID_LOG__FORMAT", "json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("braid runs");
    let mut lines = BufReader::new(running.stderr.take().expect("a pipe"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("it tells where");
    let address = line.trim().strip_prefix("figures at http://").expect("the address");
    let address = address.strip_suffix("/metrics").expect("the page").to_owned();

    let page = get(&address, "GET /metrics");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("text/plain; version=0.0.4"), "{page}");
    assert!(page.contains("\nbraid_tip_block 1\n"), "{page}");
    assert!(get(&address, "GET /nothing").starts_with("HTTP/1.1 404"));
    assert!(get(&address, "POST /metrics").starts_with("HTTP/1.1 405"));

    // The folder is locked by the one that runs, which answers for it.
    for arguments in [["--data", &data, "status"], ["--json", "status", &address]] {
        let run = braid(&arguments).expect_code(0);
        assert!(run.stdout.contains("31337"), "{}", run.stdout);
    }
    let frame = braid(&["--data", &data, "top", "--once"]).expect_code(0).stdout;
    assert!(frame.contains("chain 31337, block 1") && frame.contains("wasm"), "{frame}");
    let objects = braid(&["--json", "top", &address]).expect_code(0).objects();
    assert_eq!(objects[0]["tip"], 1);
    braid(&["top", &address]).expect_code(2);

    drop(running.stdin.take());
    assert!(running.wait().expect("it ends").success());
    let mut log = String::new();
    lines.read_to_string(&mut log).expect("text");
    let block =
        log.lines().find(|line| line.contains("\"braid::block\"")).expect("a block is logged");
    let block: serde_json::Value = serde_json::from_str(block).expect("JSON");
    assert_eq!((&block["number"], &block["message"]), (&2.into(), &"block".into()));

    // What has ended leaves its address behind.
    let objects = braid(&["--json", "--data", &data, "status"]).expect_code(0).objects();
    assert_eq!(objects[0]["tip"], 2);
    braid(&["--data", &data, "top", "--once"]).expect_code(2);
}

#[test]
fn what_cannot_be_served_or_watched_is_an_error_of_the_request() {
    for arguments in [
        &["top"][..],
        &["top", "127.0.0.1:1", "--once"],
        &["status", "127.0.0.1:1"],
        &["--metrics", "8.8.8.8:1", "accounts"],
        &["--metrics", "here", "accounts"],
    ] {
        braid(arguments).expect_code(2);
    }
}
