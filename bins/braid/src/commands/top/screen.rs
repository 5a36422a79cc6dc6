//! The frame of `top`.

use std::time::Instant;

use braidvm::{
    metrics::{BlockFigures, CallCounts, Status},
    tree::thousands,
};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Modifier, Style, Stylize},
    text::{Line, Text},
    widgets::{Block, Gauge, Paragraph, Row, Table},
};

/// A status and when it came.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) status: Status,
    pub(super) at: Instant,
}

/// Draws a moment; rates are those since the one before, or since the process began to count.
pub(super) fn draw(frame: &mut Frame<'_>, before: Option<&Moment>, now: &Moment) {
    let [head, gas, machines, contracts, foot] = Layout::vertical([
        Constraint::Length(8),
        Constraint::Length(3),
        Constraint::Length(u16::try_from(now.status.machines.len()).unwrap_or(9).min(9) + 3),
        Constraint::Min(5),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    chain(frame, head, before, now);
    fullness(frame, gas, &now.status);
    self::machines(frame, machines, &now.status);
    self::contracts(frame, contracts, &now.status);
    frame.render_widget(Line::from(" q or Esc ends").dim(), foot);
}

fn chain(frame: &mut Frame<'_>, area: Rect, before: Option<&Moment>, now: &Moment) {
    let status = &now.status;
    let rates = Rates::between(before, now);
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    let blocks = &status.blocks;
    let lines = [
        format!("chain {}, block {}", status.chain_id, thousands(status.tip)),
        format!("hash {}", status.tip_hash),
        format!("{} transactions/s, {} blocks/s", rates.transactions, rates.blocks),
        format!("{} gas/s", thousands(rates.gas)),
        format!(
            "{} transactions, {} left out",
            thousands(blocks.transactions),
            thousands(blocks.skipped)
        ),
        format!("up {} s, {} threads", status.uptime_ms / 1_000, status.threads),
    ];
    let text = Text::from_iter(lines);
    frame.render_widget(Paragraph::new(text).block(Block::bordered().title(" Chain ")), left);
    let store = &status.store;
    let lines = [
        last_block(status),
        mean(blocks),
        format!(
            "parallel: {} of {} blocks, {} attempts in vain",
            thousands(blocks.parallel),
            thousands(blocks.count),
            thousands(blocks.reexecutions)
        ),
        format!("disk {} MiB, pruning {} behind", store.disk_bytes >> 20, store.prune_lag_blocks),
        format!("cache {} of {} MiB", store.cache_bytes >> 20, store.cache_bytes_max >> 20),
        format!("states of {} blocks", thousands(store.retained_blocks)),
    ];
    let text = Text::from_iter(lines);
    frame.render_widget(Paragraph::new(text).block(Block::bordered().title(" Blocks ")), right);
}

fn last_block(status: &Status) -> String {
    let Some(block) = &status.last_block else { return "no block yet".to_owned() };
    let (execution, commit) = (block.execution_ns / 1_000, block.commit_ns / 1_000);
    format!(
        "last: {} transactions, {} failed, {} + {} us",
        thousands(block.transactions),
        thousands(block.failed),
        thousands(execution),
        thousands(commit)
    )
}

fn mean(blocks: &BlockFigures) -> String {
    let mean = |sum: u64| thousands(sum.checked_div(blocks.count).unwrap_or(0) / 1_000);
    format!(
        "mean: execution {} us, commit {} us",
        mean(blocks.execution_ns),
        mean(blocks.commit_ns)
    )
}

fn fullness(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let (used, limit) = status.last_block.as_ref().map_or((0, 0), |it| (it.gas, it.gas_limit));
    let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(0).min(100);
    let gauge = Gauge::default()
        .block(Block::bordered().title(" Gas of the last block "))
        .percent(u16::try_from(percent).unwrap_or(100))
        .label(format!("{} of {}", thousands(used), thousands(limit)));
    frame.render_widget(gauge, area);
}

fn machines(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let rows = status.machines.iter().map(|machine| {
        let state = if machine.is_enabled { "runs" } else { "stopped" };
        let counts = status.transactions.get(&machine.vm).copied().unwrap_or_default();
        let gas = status.gas_by_vm.get(&machine.vm).copied().unwrap_or(0);
        let style = if machine.is_enabled { Style::new() } else { Style::new().dim() };
        Row::new([
            machine.vm.clone(),
            state.to_owned(),
            thousands(counts.total()),
            thousands(counts.failed()),
            thousands(gas),
            thousands(counts.time_ns / 1_000_000),
        ])
        .style(style)
    });
    let widths = [10, 8, 14, 10, 20, 10].map(Constraint::Length);
    let header = ["machine", "state", "transactions", "failed", "gas", "ms"];
    frame.render_widget(table(rows, &widths, header).block(titled(" Machines ")), area);
}

fn contracts(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let figures = |counts: &CallCounts| {
        [
            thousands(counts.total()),
            thousands(counts.failed()),
            thousands(counts.gas),
            thousands(counts.time_ns / 1_000_000),
        ]
    };
    let named = status.contracts.iter().map(|it| {
        let [calls, failed, gas, ms] = figures(&it.counts);
        let callee = &it.callee;
        let (vm, contract, method) =
            (callee.vm.clone(), shortened(&callee.contract), callee.method.clone());
        Row::new([vm, contract, method, calls, failed, gas, ms])
    });
    let [calls, failed, gas, ms] = figures(&status.other_contracts);
    let other =
        Row::new([String::new(), "all others".to_owned(), String::new(), calls, failed, gas, ms]);
    let rows = named.chain([other]);
    let widths = [8, 20, 24, 12, 10, 18, 10].map(Constraint::Length);
    let header = ["vm", "contract", "method", "calls", "failed", "gas", "ms"];
    frame.render_widget(
        table(rows, &widths, header).block(titled(" Contracts, the busiest ")),
        area,
    );
}

fn table<'a, const N: usize>(
    rows: impl Iterator<Item = Row<'a>>,
    widths: &[Constraint; N],
    header: [&'a str; N],
) -> Table<'a> {
    let header = Row::new(header).style(Style::new().add_modifier(Modifier::BOLD));
    Table::new(rows, widths.to_vec()).header(header)
}

fn titled(title: &str) -> Block<'_> {
    Block::bordered().title(title)
}

/// `0x1234…cdef` for an address.
fn shortened(address: &str) -> String {
    match (address.get(..8), address.len().checked_sub(6).and_then(|it| address.get(it..))) {
        (Some(start), Some(end)) if address.len() > 20 => format!("{start}…{end}"),
        _ => address.to_owned(),
    }
}

/// What happens in a second.
struct Rates {
    transactions: u64,
    blocks: u64,
    gas: u64,
}

impl Rates {
    fn between(before: Option<&Moment>, now: &Moment) -> Self {
        let none = BlockFigures::default();
        let (past, elapsed_ms) = match before {
            Some(before) => {
                let elapsed = now.at.saturating_duration_since(before.at).as_millis();
                (&before.status.blocks, u64::try_from(elapsed).unwrap_or(u64::MAX))
            }
            None => (&none, now.status.uptime_ms),
        };
        let blocks = &now.status.blocks;
        let rate = |now: u64, past: u64| {
            now.saturating_sub(past).saturating_mul(1_000).checked_div(elapsed_ms).unwrap_or(0)
        };
        Self {
            transactions: rate(blocks.transactions, past.transactions),
            blocks: rate(blocks.count, past.count),
            gas: rate(blocks.gas, past.gas),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use braidvm::metrics::{Callee, CalleeFigures, LastBlock, MachineFigures};
    use ratatui::{Terminal, backend::TestBackend};

    use super::*;

    fn status(transactions: u64) -> Status {
        let counts =
            CallCounts { success: transactions, revert: 2, gas: 5_000, ..CallCounts::ZERO };
        let callee = Callee {
            vm: "evm".to_owned(),
            contract: "0x5FbDB2315678afecb367f032d93F642f64180aa3".to_owned(),
            method: "transfer".to_owned(),
        };
        Status {
            chain_id: 31_337,
            tip: 1_234,
            blocks: BlockFigures { count: 10, transactions, ..BlockFigures::default() },
            machines: ["evm", "wasm"]
                .map(|vm| MachineFigures {
                    vm: vm.to_owned(),
                    is_enabled: vm == "evm",
                    ..MachineFigures::default()
                })
                .to_vec(),
            transactions: [("evm".to_owned(), counts)].into(),
            contracts: vec![CalleeFigures { callee, counts }],
            last_block: Some(LastBlock { gas: 25, gas_limit: 100, ..LastBlock::default() }),
            ..Status::default()
        }
    }

    fn drawn(before: Option<&Moment>, now: &Moment) -> String {
        let mut terminal = Terminal::new(TestBackend::new(110, 30)).unwrap();
        terminal.draw(|frame| draw(frame, before, now)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_frame_shows_rates_machines_and_contracts() {
        let at = Instant::now();
        let before = Moment { status: status(1_000), at };
        let now = Moment { status: status(5_000), at: at + Duration::from_secs(2) };
        let text = drawn(Some(&before), &now);
        for part in [
            "chain 31337, block 1,234",
            "2000 transactions/s",
            "25 of 100",
            "0x5FbDB2…180aa3",
            "transfer",
            "5,002",
            "stopped",
            "all others",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_frame_of_nothing_and_a_small_one_are_drawn() {
        let now = Moment { status: Status::default(), at: Instant::now() };
        assert!(drawn(None, &now).contains("no block yet"));
        let mut terminal = Terminal::new(TestBackend::new(10, 4)).unwrap();
        terminal.draw(|frame| draw(frame, None, &now)).unwrap();
    }
}
