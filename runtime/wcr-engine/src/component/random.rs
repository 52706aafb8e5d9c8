//! `wasi:random`: the kernel's randomness, for all three interfaces.

use wasmtime::{Result, ensure};

use super::bindings::wasi::random::{insecure, insecure_seed, random};
use super::fault::Fault;
use crate::guest::Guest;

/// The most random bytes of one call.
const MOST: u64 = 16 << 20;

impl Guest {
    fn bytes(&self, len: u64) -> Result<Vec<u8>> {
        ensure!(len <= MOST, "{len} random bytes are asked for at once; {MOST} are the most");
        let mut bytes = vec![0; len as usize];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&self) -> Result<u64> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        let fill = |kernel: &mut wcr_kernel::Kernel, _| {
            kernel.random(bytes);
            Ok(())
        };
        self.now(fill).map_err(Fault::into_trap)
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
