//! A sign of life on a terminal, when a run takes longer than a second. Never anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uioscope_reports::safe;

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Shows what is being done until it is dropped.
pub struct Progress {
    stages: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts with that stage; does nothing unless standard error is a terminal.
    pub fn start(stage: &str) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { stages: None, thread: None };
        }
        let (stages, receiver) = channel();
        let progress = Progress { stages: Some(stages), thread: Some(std::thread::spawn(move || show(&receiver))) };
        progress.stage(stage);
        progress
    }

    /// Says what is done now.
    pub fn stage(&self, stage: &str) {
        if let Some(stages) = &self.stages {
            let _ = stages.send(safe::clip(stage, 60));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more, and takes its line off the screen.
        self.stages = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(stages: &Receiver<String>) {
    let started = Instant::now();
    let mut stage = String::new();
    loop {
        match stages.recv_timeout(PATIENCE.saturating_sub(started.elapsed())) {
            Ok(next) => stage = next,
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_elapsed(started.elapsed());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(stage);
    bar.enable_steady_tick(TICK);
    for next in stages {
        bar.set_message(next);
    }
    bar.finish_and_clear();
}
