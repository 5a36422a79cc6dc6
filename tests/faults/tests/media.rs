//! The store over a medium that fails and a power that goes, for many seeds.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, ensure};
use braid_fault_tests::{
    disk::{Disk, Loss},
    fault::{Fault, Plan, Setup, store_below},
    operation::{Operation, read_log},
    random::Random,
    run::{self, End, Outcome},
    verify::{open, verify},
    workload::{Step, Workload},
};
use state::{FjallStore, StateError};

/// How many seeds each test runs, over those of a plain run. With it the power is cut after other
/// faults too.
const MORE: &str = "BRAID_FAULT_FACTOR";
/// The one seed to run.
const ONLY: &str = "BRAID_FAULT_SEED";

const STEPS: usize = 30;

/// Moments of a log at which the power is cut, for each kind of loss: where nothing else fails, and
/// where something did.
const CUTS: usize = 12;
const CUTS_AFTER_FAULT: usize = 3;

/// Steps that a store takes after it has been found well.
const STEPS_AFTER: usize = 3;

/// One test at a time: a process that is being started shares the locks of the stores that are open
/// here, for as long as it has not begun its own program.
static TURN: Mutex<()> = Mutex::new(());

/// Where a store is looked at again and again: memory, where there is such a folder.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

/// Runs a test for its seeds, and names the one that fails.
fn for_seeds(first: u64, count: u64, test: impl Fn(u64) -> anyhow::Result<()>) {
    let factor: u64 =
        env::var(MORE).ok().map_or(1, |factor| factor.parse().expect("a whole number"));
    let only: Option<u64> = env::var(ONLY).ok().map(|seed| seed.parse().expect("a seed"));
    let seeds = match only {
        Some(seed) => seed..seed + 1,
        None => first..first + count * factor,
    };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for seed in seeds {
        if let Err(error) = test(seed) {
            panic!("seed {seed} ({ONLY}={seed} runs it alone): {error:#}");
        }
    }
}

fn child() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_braid-fault-child"))
}

/// A store that children work on, and the log of what they did.
struct Bench {
    folder: tempfile::TempDir,
    workload: Workload,
    setup: Setup,
}

impl Bench {
    fn new(seed: u64) -> anyhow::Result<Self> {
        let folder = folder();
        let root = folder.path().join("root");
        fs::create_dir(&root)?;
        let log = folder.path().join("log");
        // A child may find one step more than it took, and has to know what a store then holds.
        let workload = Workload::new(seed, STEPS + 2 + STEPS_AFTER)?;
        let setup = Setup { root, log, plan: None, seed, acknowledged: 0, steps: STEPS };
        Ok(Self { folder, workload, setup })
    }

    fn run(&mut self, plan: Option<Plan>) -> anyhow::Result<Outcome> {
        self.setup.plan = plan;
        let outcome = run::run(child(), &self.setup).with_context(|| format!("{plan:?}"))?;
        self.setup.acknowledged = outcome.acknowledged;
        Ok(outcome)
    }

    fn log(&self) -> anyhow::Result<Vec<Operation>> {
        read_log(&self.setup.log)
    }

    /// Opens the store without faults, checks it, and goes on for some steps.
    fn check(&self, root: &Path, acknowledged: usize) -> anyhow::Result<()> {
        let path = &store_below(root);
        let store = open(path)?;
        let taken = verify(&store, &self.workload, acknowledged)?;
        let taken = go_on(store, path, &self.workload, taken)?;
        verify(&open(path)?, &self.workload, taken).context("after more steps").map(|_| ())
    }
}

fn go_on(
    mut store: FjallStore,
    path: &Path,
    workload: &Workload,
    taken: usize,
) -> anyhow::Result<usize> {
    for step in taken..taken + STEPS_AFTER {
        match workload.step(step).context("the workload has the step")? {
            Step::Reopen => {
                store.close()?;
                store = open(path)?;
            }
            step => step.apply_durably(&store)?,
        }
    }
    Ok(taken + STEPS_AFTER)
}

/// How many calls a workload makes that a plan can name, and how many syncs.
fn count(log: &[Operation]) -> (u64, u64) {
    let is_call = |it: &&Operation| match it {
        Operation::Open { created, truncated, .. } => *created || *truncated,
        Operation::Acknowledged { .. } => false,
        _ => true,
    };
    let is_sync = |it: &&Operation| matches!(it, Operation::Sync { .. });
    (log.iter().filter(is_call).count() as u64, log.iter().filter(is_sync).count() as u64)
}

/// The files whose sync failed, and the call in the log.
fn failed_syncs(log: &[Operation]) -> Vec<(usize, String)> {
    let mut paths = BTreeMap::new();
    let mut failed = Vec::new();
    for (call, operation) in log.iter().enumerate() {
        match operation {
            Operation::Open { path, number, .. } => _ = paths.insert(*number, path.clone()),
            Operation::Sync { number, ok: false } => {
                failed.push((call, paths.get(number).cloned().unwrap_or_default()));
            }
            _ => {}
        }
    }
    failed
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
    found.sort();
}

/// Cuts the power at some moments of a log, and checks what is left.
fn cut_power(bench: &Bench, random: &mut Random, cuts: usize) -> anyhow::Result<()> {
    let log = bench.log()?;
    for loss in Loss::ALL {
        let mut moments: Vec<usize> =
            (0..cuts).map(|_| random.below(log.len() as u64 + 1) as usize).collect();
        moments.sort_unstable();
        let mut disk = Disk::new();
        let mut acknowledged = 0;
        let mut done = 0;
        for moment in moments {
            for operation in &log[done..moment] {
                disk.apply(operation)?;
                if let Operation::Acknowledged { steps } = operation {
                    acknowledged = usize::try_from(*steps)?;
                }
            }
            done = moment;
            let after = bench.folder.path().join("after");
            disk.cut_power(loss, random, &after)?;
            let checked = bench.check(&after, acknowledged);
            checked.with_context(|| {
                format!("loss of {loss:?} after {moment} of {} calls", log.len())
            })?;
            fs::remove_dir_all(&after)?;
        }
    }
    Ok(())
}

#[test]
fn the_shim_misses_no_call() {
    for_seeds(0, 2, |seed| {
        let mut bench = Bench::new(seed)?;
        ensure!(bench.run(None)?.end == End::Done, "without a fault all steps are taken");
        let mut disk = Disk::new();
        for operation in bench.log()? {
            disk.apply(&operation)?;
        }
        let copy = bench.folder.path().join("copy");
        disk.cut_power(Loss::Nothing, &mut Random::new(seed), &copy)?;
        let (mut there, mut modelled) = (Vec::new(), Vec::new());
        files_below(&bench.setup.root, &mut there);
        files_below(&copy, &mut modelled);
        ensure!(there.len() == modelled.len(), "{there:#?} {modelled:#?}");
        for (there, modelled) in there.iter().zip(&modelled) {
            let name = there.strip_prefix(&bench.setup.root)?;
            ensure!(modelled.ends_with(name), "{name:?} has another name: {modelled:?}");
            ensure!(fs::read(there)? == fs::read(modelled)?, "{name:?} differs");
        }
        Ok(())
    });
}

#[test]
fn what_is_acknowledged_survives_a_power_cut() {
    for_seeds(100, 6, |seed| {
        let mut bench = Bench::new(seed)?;
        ensure!(bench.run(None)?.end == End::Done, "without a fault all steps are taken");
        cut_power(&bench, &mut Random::new(seed), CUTS)
    });
}

#[test]
fn a_failing_medium_costs_no_acknowledged_step() {
    for_seeds(200, 6, |seed| {
        let mut random = Random::new(seed);
        let mut dry = Bench::new(seed)?;
        ensure!(dry.run(None)?.end == End::Done, "without a fault all steps are taken");
        let (calls, syncs) = count(&dry.log()?);
        for fault in Fault::ALL {
            let end = if fault == Fault::SyncError { syncs } else { calls };
            let mut bench = Bench::new(seed)?;
            let plan = Plan { call: random.below(end), fault };
            bench.run(Some(plan))?;
            let resumed = bench.run(None)?;
            ensure!(resumed.end == End::Done, "{plan:?}: after it, {:?}", resumed.end);
            bench
                .check(&bench.setup.root, resumed.acknowledged)
                .with_context(|| format!("{plan:?}"))?;
            if env::var_os(MORE).is_none() {
                continue;
            }
            let failed = failed_syncs(&bench.log()?);
            cut_power(&bench, &mut random, CUTS_AFTER_FAULT)
                .with_context(|| format!("{plan:?}, failed syncs: {failed:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn errors_of_the_medium_are_told() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut bench = Bench::new(7).expect("a bench");
    let plan = Plan { call: 0, fault: Fault::NoSpaceFromThen };
    let End::Refused(reason) = bench.run(Some(plan)).expect("runs").end else {
        panic!("a full disk takes no store")
    };
    assert!(reason.contains("No space left"), "{reason}");
    assert!(matches!(open(&bench.setup.store()), Ok(_) | Err(StateError::Open { .. })));
}
