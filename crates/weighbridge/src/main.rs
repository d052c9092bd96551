//! The `weighbridge` program.

use std::process::ExitCode;

/// Requests allocate many small pieces on several threads, which this allocator serves without locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    weighbridge::commands::run()
}
