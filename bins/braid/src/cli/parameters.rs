//! The words of the command for the parameters of the chain.

use clap::{Args, Subcommand};

use super::Moment;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ParamsArgs {
    #[command(flatten)]
    pub(crate) moment: Moment,
    #[command(subcommand)]
    pub(crate) command: Option<ParamsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ParamsCommand {
    /// List the parameters: what holds, and what holds from the next block on
    List {
        #[command(flatten)]
        moment: Moment,
    },
    /// Show one parameter
    Get {
        /// The parameter
        name: String,
        #[command(flatten)]
        moment: Moment,
    },
    /// Change a parameter from the next block on, as the owner of the chain or with approvals
    Set(ParamsSetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ParamsSetArgs {
    /// The parameter
    pub(crate) name: String,
    /// The value: a number, an amount, `constant` or `eip1559`, an account, `true` or `false`
    pub(crate) value: String,
    /// Who asks: a development account by name, or an address
    #[arg(long, default_value = "alice", value_name = "ACCOUNT")]
    pub(crate) from: String,
    #[command(flatten)]
    pub(crate) vote: ParamsVote,
}

/// What to do about a change instead of making it, where several have to approve.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ParamsVote {
    /// Propose the change, and approve of it
    #[arg(long)]
    pub(crate) propose: bool,
    /// Approve of the change that was proposed
    #[arg(long)]
    pub(crate) approve: bool,
    /// Take an approval back
    #[arg(long)]
    pub(crate) withdraw: bool,
}
