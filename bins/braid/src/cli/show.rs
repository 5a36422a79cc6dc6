//! The words of the commands that show what is there.

use clap::Args;

use super::Moment;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// An address, or a development account by name
    pub(crate) address: String,
    /// Records of storage to show
    #[arg(long, default_value_t = 16, value_name = "COUNT")]
    pub(crate) storage: usize,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    /// The identity of an object, or `list`
    pub(crate) object: String,
    /// Whose objects to list: a name, an address, or the identity of an object
    #[arg(long, value_name = "OWNER")]
    pub(crate) owner: Option<String>,
    /// Objects to list
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) moment: Moment,
}

#[derive(Debug, Args)]
pub(crate) struct AbiArgs {
    /// A file (compiler's JSON, Solidity ABI, signatures, WebAssembly) or a contract's address
    pub(crate) source: String,
    /// Encode a call: a method and its arguments
    #[arg(
        long,
        num_args = 1..,
        value_names = ["METHOD", "ARGUMENTS"],
        allow_negative_numbers = true,
    )]
    pub(crate) encode: Vec<String>,
    /// Decode the input of a call
    #[arg(long, value_name = "HEX", conflicts_with = "encode")]
    pub(crate) decode: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// Where a running braid serves figures; without it the data folder tells
    pub(crate) address: Option<String>,
    /// Print one frame and end; no terminal is needed
    #[arg(long)]
    pub(crate) once: bool,
    /// How often to look
    #[arg(
        long,
        default_value_t = 1_000,
        value_name = "MS",
        value_parser = clap::value_parser!(u64).range(50..=60_000),
    )]
    pub(crate) interval_ms: u64,
}
