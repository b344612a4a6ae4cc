//! A trace of any kind: opened by what its first bytes say.

use crate::detect::{Detection, HEAD, Hints, Unknown, Verdict, detect};
use crate::names::Names;
use crate::neutral::{self, FormatError, MAGIC, Meta};
use crate::not_a_trace::looks_like;
use crate::read::{self, Event};
use crate::system::System;
use std::io::{self, Read};
use thiserror::Error;

/// A trace, whatever its format.
#[derive(Debug)]
pub enum Trace<R> {
    /// As a kernel wrote it, with what was found out about the kernel.
    Kernel(Box<read::Reader<R>>, Detection),
    /// In the neutral format.
    Neutral(Box<neutral::Reader<R>>),
}

/// Why a trace is not read.
#[derive(Debug, Error)]
pub enum OpenError {
    /// There are no bytes.
    #[error("empty: there are no records")]
    Empty,
    /// No layout of this system, this ABI or both is known.
    #[error("no layout is known for this --system on this --abi")]
    NoSuchOrigin,
    /// It is something else.
    #[error("this is no kernel trace that is known{}", .0.map(|what| format!("; it looks like {what}")).unwrap_or_default())]
    NotATrace(Option<&'static str>),
    /// Its head is not as specified.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It cannot be read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
}

/// The first bytes of `source`, as many as are looked at, and whether they are all.
pub fn head(source: &mut impl Read) -> io::Result<(Vec<u8>, bool)> {
    let mut head = Vec::new();
    source.take(HEAD as u64).read_to_end(&mut head)?;
    let whole = head.len() < HEAD;
    Ok((head, whole))
}

impl<R: Read> Trace<R> {
    /// Opens what `source` gives.
    pub fn open(mut source: R, hints: &Hints) -> Result<Trace<R>, OpenError> {
        let (head, whole) = head(&mut source)?;
        Trace::resume(head, whole, source, hints, false)
    }

    /// Opens what starts with `head`, which was taken off `source`; nothing follows if `whole`. If `eager`, records are
    /// delivered as soon as they are there (see [`read::Reader::eager`]).
    pub fn resume(head: Vec<u8>, whole: bool, source: R, hints: &Hints, eager: bool) -> Result<Trace<R>, OpenError> {
        let cut = !head.is_empty() && head.len() < MAGIC.len() && MAGIC.starts_with(&head);
        if hints.assume.is_none() && (head.starts_with(&MAGIC) || cut) {
            return Ok(Trace::Neutral(Box::new(neutral::Reader::new(head, source)?)));
        }
        let detection = detect(&head, whole, hints).map_err(|unknown| match unknown {
            Unknown::Empty => OpenError::Empty,
            Unknown::NoSuchOrigin => OpenError::NoSuchOrigin,
            Unknown::NotATrace => OpenError::NotATrace(looks_like(&head)),
        })?;
        // What is in pieces can still be read as something else; only a trace that is good to the end is more likely.
        if !detection.assumed
            && detection.start > 0
            && let Some(what) = looks_like(&head)
        {
            return Err(OpenError::NotATrace(Some(what)));
        }
        let reader = read::Reader::new(head, detection.start, source, detection.origin()).eager(eager);
        let reader = reader.fixed(detection.assumed);
        Ok(Trace::Kernel(Box::new(reader), detection))
    }

    /// The next record, part or damage; `None` at the end.
    #[inline]
    pub fn next_event(&mut self) -> io::Result<Option<Event<'_>>> {
        match self {
            Trace::Kernel(reader, _) => reader.next_event(),
            Trace::Neutral(reader) => reader.next_event(),
        }
    }

    /// The offset of what is read next.
    pub fn offset(&self) -> u64 {
        match self {
            Trace::Kernel(reader, _) => reader.offset(),
            Trace::Neutral(reader) => reader.offset(),
        }
    }

    /// How sure it is that the trace was written by whom it is read as, as far as it was read; `None` where it says so itself.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Trace::Kernel(reader, detection) => Some(detection.verdict(reader.fit())),
            Trace::Neutral(_) => None,
        }
    }

    /// What its numbers mean.
    pub fn names(&self) -> Names {
        match self {
            Trace::Kernel(_, detection) => Names::of(detection),
            Trace::Neutral(reader) => {
                let calls = &reader.meta().calls;
                // One that is not known here may give any number another meaning.
                let systems: Option<Vec<System>> = calls.split(',').map(System::parse).collect();
                Names::new(systems.unwrap_or_default())
            }
        }
    }

    /// Where the trace comes from.
    pub fn meta(&self) -> Meta {
        match self {
            Trace::Kernel(_, detection) => {
                let calls: Vec<&str> = detection.possible().into_iter().map(System::name).collect();
                Meta { calls: calls.join(","), ..Meta::of(detection.origin()) }
            }
            Trace::Neutral(reader) => reader.meta().clone(),
        }
    }
}
