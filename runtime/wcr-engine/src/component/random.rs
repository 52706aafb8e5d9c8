//! `wasi:random`: the kernel's randomness, for all three interfaces.

use core::fmt::Debug;

use wasmtime::{Result, ensure};
use wcr_kernel::Kernel;

use super::bindings::wasi::random::{insecure, insecure_seed, random};
use super::fault::Fault;
use crate::guest::Guest;

/// The most random bytes of one call.
const MOST: u64 = 16 << 20;

impl Guest {
    fn bytes(&self, len: u64) -> Result<Vec<u8>> {
        ensure!(len <= MOST, "{len} random bytes are asked for at once; {MOST} are the most");
        self.random(vec![0; len as usize])
    }

    fn number(&self) -> Result<u64> {
        self.random([0; 8]).map(u64::from_le_bytes)
    }

    /// Fills a buffer and gives it back.
    fn random<B: AsMut<[u8]> + Debug>(&self, mut buffer: B) -> Result<B> {
        let fill = |kernel: &mut Kernel, _| {
            kernel.random(buffer.as_mut());
            Ok(buffer)
        };
        self.now("wasi:random/get", &(), fill).map_err(Fault::into_trap)
    }
}

impl random::Host for Guest {
    fn get_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.number()
    }
}

impl insecure::Host for Guest {
    fn get_insecure_random_bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        self.bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.number()
    }
}

impl insecure_seed::Host for Guest {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        Ok((self.number()?, self.number()?))
    }
}
