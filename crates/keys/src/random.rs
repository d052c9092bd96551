//! Random bytes for keys, secrets and nonces: always the operating system's generator, so that no
//! caller can hand in a predictable one.

/// The operating system's random generator did not answer; nothing secret can be made.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random generator does not answer: {0}")]
pub struct RandomError(#[from] getrandom::Error);

/// Fills `bytes` from the operating system's generator.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), RandomError> {
    Ok(getrandom::fill(bytes)?)
}
