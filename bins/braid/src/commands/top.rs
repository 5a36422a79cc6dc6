//! A chain while it runs: `top`.

mod screen;

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use braidvm::metrics::Status;
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{self, Event, KeyCode, KeyModifiers},
};

use self::screen::{Moment, draw};
use crate::{
    cli::{Global, TopArgs},
    failure::Failure,
    output::Output,
    telemetry,
};

/// Columns and lines of a frame that is printed.
const PRINTED_SIZE: (u16, u16) = (110, 34);

pub(crate) fn top(global: &Global, arguments: &TopArgs, output: &Output) -> Result<(), Failure> {
    let address = match (&arguments.address, &global.data) {
        (Some(address), _) => address.clone(),
        (None, Some(folder)) => telemetry::address_in(folder).ok_or_else(|| {
            let folder = folder.display();
            Failure::usage(format!(
                "nothing serves figures of {folder}: run a command on it with --metrics 127.0.0.1:0"
            ))
        })?,
        (None, None) => {
            let what = "top needs the address of a running braid, or --data DIR of its chain";
            return Err(Failure::usage(what));
        }
    };
    if arguments.once || output.is_json() {
        let status = telemetry::ask(&address)?;
        output.json(&status)?;
        return output.line(printed(&status)?);
    }
    if !io::stdout().is_terminal() {
        return Err(Failure::usage("top needs a terminal; --once prints one frame"));
    }
    watch(&address, Duration::from_millis(arguments.interval_ms))
}

/// Draws until somebody has seen enough, or nothing answers any more.
fn watch(address: &str, interval: Duration) -> Result<(), Failure> {
    let first = Moment { status: telemetry::ask(address)?, at: Instant::now() };
    let mut terminal = ratatui::try_init()?;
    let watched = go_on(&mut terminal, (address, interval), first);
    ratatui::restore();
    watched
}

fn go_on(
    terminal: &mut ratatui::DefaultTerminal,
    (address, interval): (&str, Duration),
    first: Moment,
) -> Result<(), Failure> {
    let (mut before, mut now) = (None, first);
    loop {
        terminal.draw(|frame| draw(frame, before.as_ref(), &now))?;
        let until = Instant::now() + interval;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if event::poll(left)? && is_end(&event::read()?) {
                return Ok(());
            }
        }
        let status = telemetry::ask(address)?;
        before = Some(std::mem::replace(&mut now, Moment { status, at: Instant::now() }));
    }
}

fn is_end(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let is_interrupt =
        key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    is_interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
}

/// One frame as text.
fn printed(status: &Status) -> Result<String, Failure> {
    let (width, height) = PRINTED_SIZE;
    let mut terminal = Terminal::new(TestBackend::new(width, height))
        .map_err(|never| Failure::Host(anyhow::anyhow!("{never}")))?;
    let now = Moment { status: status.clone(), at: Instant::now() };
    terminal
        .draw(|frame| draw(frame, None, &now))
        .map_err(|never| Failure::Host(anyhow::anyhow!("{never}")))?;
    let buffer = terminal.backend().buffer();
    let cells: Vec<_> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    let lines = cells.chunks(usize::from(width)).map(|line| line.concat().trim_end().to_owned());
    Ok(lines.collect::<Vec<_>>().join("\n").trim_end().to_owned())
}
