//! A file that is still growing.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often is looked for more.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads a file, and waits at its end for more until it is told to stop.
#[derive(Debug)]
pub struct Follow {
    /// The file.
    pub file: File,
    /// Set when to stop.
    pub stop: Arc<AtomicBool>,
}

impl Read for Follow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.file.read(buffer)?;
            if n > 0 || buffer.is_empty() || self.stop.load(Ordering::Relaxed) {
                return Ok(n);
            }
            std::thread::sleep(PAUSE);
        }
    }
}
