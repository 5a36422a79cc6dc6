//! The process that works on a store while its file calls fail.
//!
//! It opens the store, checks it, takes the steps of its workload and writes a line for each. It
//! ends with a line that says why: that its steps are done, or what failed.

#[cfg(target_os = "linux")]
mod shim;

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    work::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("file calls can be made to fail on Linux only")
}

#[cfg(target_os = "linux")]
mod work {
    use std::{
        env,
        io::{self, Write},
    };

    use anyhow::{Context, ensure};
    use braid_fault_tests::{
        fault::Setup,
        operation::Operation,
        run::{ACKNOWLEDGED, DONE, REFUSED, RESUMED},
        verify,
        workload::{Step, Workload},
    };
    use state::{BlockCommit, FjallStore, StateError, Store};

    use super::shim;

    pub(super) fn run() -> anyhow::Result<()> {
        let setup = Setup::decode(&env::args().nth(1).context("the setup is missing")?)?;
        let workload = Workload::new(setup.seed, setup.steps + 1)?;
        shim::install(&setup)?;
        let store = match verify::open(&setup.store()) {
            Ok(store) => store,
            Err(error) => return say(&format!("{REFUSED}opening: {error}")),
        };
        let taken = verify::verify(&store, &workload, setup.acknowledged)?;
        acknowledge(RESUMED, taken)?;
        match take_steps(store, &setup, &workload, taken) {
            Ok(()) => say(DONE),
            Err(error) => say(&format!("{REFUSED}{error:#}")),
        }
    }

    fn take_steps(
        mut store: FjallStore,
        setup: &Setup,
        workload: &Workload,
        taken: usize,
    ) -> anyhow::Result<()> {
        for taken in taken..setup.steps {
            let step = workload.step(taken).context("the workload has no such step")?;
            let done = if matches!(step, Step::Reopen) {
                let closed = store.close();
                closed?;
                store = verify::open(&setup.store())?;
                Ok(())
            } else {
                step.apply_durably(&store)
            };
            if let Err(error) = done {
                ensure_refuses(&store)?;
                return Err(error).with_context(|| format!("step {taken}"));
            }
            acknowledge(ACKNOWLEDGED, taken + 1)?;
        }
        Ok(())
    }

    /// After a failure of the medium the store takes nothing more until it is opened again.
    fn ensure_refuses(store: &FjallStore) -> anyhow::Result<()> {
        let number = match store.tip() {
            Some(tip) => tip.block.next().context("blocks are few")?,
            None => primitives::BlockNumber(0),
        };
        let block = BlockCommit { number, ..BlockCommit::default() };
        let refused = store.commit(block);
        let is_clear = matches!(&refused, Err(StateError::Store(reason))
            if reason.contains("open the store again"));
        if !is_clear {
            say(&format!("after a failure it took a block or was not clear: {refused:?}"))?;
        }
        ensure!(is_clear, "after a failure");
        Ok(())
    }

    fn acknowledge(what: &str, steps: usize) -> anyhow::Result<()> {
        shim::note(&Operation::Acknowledged { steps: u64::try_from(steps)? })?;
        say(&format!("{what}{steps}"))
    }

    fn say(line: &str) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()?;
        Ok(())
    }
}
