//! The store over a medium that fails and a power that goes, for many seeds.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, bail, ensure};
use braid_fault_tests::{
    disk::{Disk, Loss},
    fault::{Call, Fault, Place, Plan, Setup, store_below},
    operation::{Operation, describe, places, read_log},
    run::{self, End, Outcome},
    verify::{open, verify},
    workload::{Step, Workload},
};
use primitives::Random;
use state::{FjallStore, StateError};

/// How many seeds each test runs, over those of a plain run.
const MORE: &str = "BRAID_FAULT_FACTOR";
/// The one seed to run.
const ONLY: &str = "BRAID_FAULT_SEED";
/// Moments at which the power is cut after a fault, for each kind of loss.
const MOMENTS: &str = "BRAID_FAULT_CUTS";
/// A log that a failing run left: the power is cut at every moment of it, in place of a run of the
/// same seed.
const KEPT: &str = "BRAID_FAULT_LOG";

const STEPS: usize = 30;

/// Moments of a log at which the power is cut, for each kind of loss: where nothing else fails, and
/// where something did.
const CUTS: usize = 12;
const CUTS_AFTER_FAULT: usize = 3;

/// Calls of a process that opens a store: half of the moments are among them.
const EARLY_CALLS: u64 = 400;
/// Calls that a process makes at most between a fault and its end.
const CALLS_AFTER_FAULT: usize = 100;

/// Steps that a store takes after it has been found well.
const STEPS_AFTER: usize = 3;

/// Calls before a failure that are told. All of them are in the folder that is kept.
const CALLS_TOLD: usize = 40;

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
            panic!("seed {seed} ({ONLY}={seed} runs it alone): {error:?}");
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
        let ran = run::run(child(), &self.setup);
        let outcome = ran.with_context(|| self.keep(None))?;
        self.setup.acknowledged = outcome.acknowledged;
        Ok(outcome)
    }

    /// Runs a child that is to take all steps.
    fn run_well(&mut self) -> anyhow::Result<Outcome> {
        let outcome = self.run(None)?;
        let ended = &outcome.end;
        if *ended != End::Done {
            bail!("without a fault all steps are taken: {ended:?}\n{}", self.keep(None));
        }
        Ok(outcome)
    }

    /// Keeps what explains a failure, and says where it is and what the last calls were.
    fn keep(&self, cut: Option<&FailedCut<'_>>) -> String {
        self.try_keep(cut).unwrap_or_else(|error| format!("nothing is kept: {error:#}"))
    }

    fn try_keep(&self, cut: Option<&FailedCut<'_>>) -> anyhow::Result<String> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "faults-{}-{}",
            self.setup.seed,
            std::process::id()
        ));
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::create_dir_all(&kept)?;
        fs::copy(&self.setup.log, kept.join("log"))?;
        let log = self.log()?;
        let lines = describe(&log);
        fs::write(kept.join("calls"), lines.join("\n"))?;
        let end = cut.map_or(lines.len(), |cut| cut.moment);
        let mut told = vec![format!("kept in {}", kept.display())];
        if let Some(FailedCut { disk, loss, random, .. }) = cut {
            disk.cut_power(*loss, &mut random.clone(), &kept.join("disk"))?;
            told.push(format!("not synced: {}", disk.unsynced().join(", ")));
        }
        told.extend(lines[end.saturating_sub(CALLS_TOLD)..end].iter().cloned());
        Ok(told.join("\n"))
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

/// A power cut after which a store was not as it must be.
struct FailedCut<'a> {
    disk: &'a Disk,
    loss: Loss,
    random: Random,
    moment: usize,
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

/// A call at which a fault can happen: each place as often as any other, however many calls it has.
fn draw_plan(places: &BTreeMap<Place, u64>, fault: Fault, random: &mut Random) -> Plan {
    let places: Vec<_> = places.iter().filter(|(place, _)| fault.happens_at(place.call)).collect();
    let (place, calls) = places[random.below(places.len() as u64) as usize];
    Plan { place: place.clone(), number: random.below(*calls), fault }
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
    found.sort();
}

/// At which moments of a log the power is cut, for each kind of loss.
#[derive(Debug, Clone, Copy)]
enum Moments {
    All,
    /// So many, as often early as at any time.
    Some {
        cuts: usize,
        from: usize,
    },
}

impl Moments {
    fn draw(self, calls: usize, random: &mut Random) -> Vec<usize> {
        let Self::Some { cuts, from } = self else { return (0..=calls).collect() };
        let rest = calls.saturating_sub(from) as u64 + 1;
        let early = rest.min(EARLY_CALLS);
        let mut drawn: Vec<usize> = (0..cuts)
            .map(|_| {
                let end = if random.coin() { early } else { rest };
                from + random.below(end) as usize
            })
            .collect();
        drawn.sort_unstable();
        drawn
    }
}

/// Cuts the power and checks what is left.
fn cut_power(bench: &Bench, random: &mut Random, moments: Moments) -> anyhow::Result<()> {
    let log = bench.log()?;
    for loss in Loss::ALL {
        let moments = moments.draw(log.len(), random);
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
            let before = random.clone();
            disk.cut_power(loss, random, &after)?;
            bench.check(&after, acknowledged).with_context(|| {
                let cut = FailedCut { disk: &disk, loss, random: before, moment };
                let calls = log.len();
                format!("loss of {loss:?} after {moment} of {calls}\n{}", bench.keep(Some(&cut)))
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
        bench.run_well()?;
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
        let mut moments = Moments::Some { cuts: CUTS, from: 0 };
        match env::var_os(KEPT) {
            Some(log) => (bench.setup.log, moments) = (log.into(), Moments::All),
            None => _ = bench.run_well()?,
        }
        cut_power(&bench, &mut Random::new(seed), moments)
    });
}

#[test]
fn a_failing_medium_costs_no_acknowledged_step() {
    for_seeds(200, 6, |seed| {
        let mut random = Random::new(seed);
        let mut dry = Bench::new(seed)?;
        dry.run_well()?;
        let places = places(&dry.log()?);
        for fault in Fault::ALL {
            let plan = draw_plan(&places, fault, &mut random);
            let gone = go_through(seed, &plan, CUTS_AFTER_FAULT, &mut random);
            gone.with_context(|| format!("{plan:?}"))?;
        }
        Ok(())
    });
}

/// Lets a call fail, has the steps taken to their end, and cuts the power at moments after the
/// fault.
fn go_through(seed: u64, plan: &Plan, cuts: usize, random: &mut Random) -> anyhow::Result<()> {
    let mut bench = Bench::new(seed)?;
    bench.run(Some(plan.clone()))?;
    let from = bench.log()?.len().saturating_sub(CALLS_AFTER_FAULT);
    let resumed = bench.run_well()?;
    let checked = bench.check(&bench.setup.root, resumed.acknowledged);
    checked.with_context(|| bench.keep(None))?;
    let cuts = env::var(MOMENTS).map_or(cuts, |cuts| cuts.parse().expect("a number"));
    cut_power(&bench, random, Moments::Some { cuts, from })
}

#[test]
fn what_an_ended_process_left_is_put_in_order_by_the_next() {
    let plans = [
        // The folders of a store, and the name of the store.
        ("chains", Call::Sync, 0, Fault::KillBefore),
        ("chains/first", Call::Sync, 0, Fault::ErrorOnce),
        // A journal that the system shows and the disk does not have.
        ("chains/first/store/db/0.jnl", Call::Sync, 5, Fault::SyncError),
        ("chains/first/store/db/0.jnl", Call::Sync, 6, Fault::SyncError),
        // An import that was cut off before it had a tip.
        ("chains/first/store/db/0.jnl", Call::Write, 0, Fault::KillBefore),
    ];
    for_seeds(301, 1, |seed| {
        let mut random = Random::new(seed);
        for (path, call, number, fault) in plans {
            let plan = Plan { place: Place { path: path.to_owned(), call }, number, fault };
            let gone = go_through(seed, &plan, CUTS, &mut random);
            gone.with_context(|| format!("{plan:?}"))?;
        }
        Ok(())
    });
}

#[test]
fn errors_of_the_medium_are_told() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut bench = Bench::new(7).expect("a bench");
    let place = Place::new("chains", Call::Make);
    let plan = Plan { place, number: 0, fault: Fault::NoSpaceFromThen };
    let End::Refused(reason) = bench.run(Some(plan)).expect("runs").end else {
        panic!("a full disk takes no store")
    };
    assert!(reason.contains("No space left"), "{reason}");
    assert!(matches!(open(&bench.setup.store()), Ok(_) | Err(StateError::Open { .. })));
}
