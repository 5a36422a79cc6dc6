//! How a command fails: by the contract, by the request, or by the host.

use std::io::{self, ErrorKind};

use braidvm::{
    ArtifactError, ConfigError, EngineError,
    rooms::{
        kernel::{EstimateError, KernelError, RegistryError},
        state::StateError,
    },
};

/// The exit code where the contract failed.
pub(crate) const CONTRACT: u8 = 1;
/// The exit code where the request is wrong.
pub(crate) const USAGE: u8 = 2;
/// The exit code where the host failed.
pub(crate) const HOST: u8 = 3;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The contract reverted or was halted; the command has already shown how.
    Contract(String),
    /// The request is wrong: arguments, files, configuration.
    Usage(String),
    /// The host failed: disk, store, a bug.
    Host(anyhow::Error),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Contract(_) => CONTRACT,
            Self::Usage(_) => USAGE,
            Self::Host(_) => HOST,
        }
    }

    /// The kind of failure in JSON.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Contract(_) => "contract",
            Self::Usage(_) => "usage",
            Self::Host(_) => "host",
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Contract(message) | Self::Usage(message) => message.clone(),
            Self::Host(error) => format!("{error:#}"),
        }
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        let Self::Host(error) = self else { return false };
        error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Estimate(EstimateError::Fails(_)) => Self::Contract(error.to_string()),
            EngineError::Estimate(EstimateError::Transaction(failure))
                if failure.is_host_fault() =>
            {
                Self::Host(failure.into())
            }
            EngineError::State(error) => error.into(),
            // What is asked for needs a machine that the configuration leaves out.
            EngineError::Kernel(KernelError::Registry(
                RegistryError::Disabled(_) | RegistryError::Missing(_) | RegistryError::Stopped(_),
            )) => Self::Usage(error.to_string()),
            error if error.is_usage() => Self::Usage(error.to_string()),
            error => Self::Host(error.into()),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        // A folder that cannot be opened is mostly the system's doing: permissions, a lock, space.
        if error.is_usage() && !matches!(error, StateError::Open { .. }) {
            return Self::Usage(error.to_string());
        }
        Self::Host(error.into())
    }
}

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Host(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Host(error)
    }
}
