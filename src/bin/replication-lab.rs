//! The command line.

/// Runs the command line; see [`replication_lab::cli`].
#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    replication_lab::cli::main()
}

/// A browser has no command line.
#[cfg(target_arch = "wasm32")]
fn main() {}
