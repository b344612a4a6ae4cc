//! What a request's pointer leads to at the moment it is followed.

use super::{Machine, Outcome};
use crate::property::Property;
use crate::state::{GONE, Lwp, State, Tie};
use crate::words::{Aspect, Design, Source};

impl Machine<'_> {
    /// Follows what the request carries to an address space and copies there.
    pub(super) fn resolve(&self, s: &State, r: usize) -> Outcome {
        let request = &s.requests[r];
        let vm = match self.scenario.design {
            Design::Borrowed | Design::Referenced => request.vm,
            _ => {
                self.resolve_proc(s, r)?;
                s.procs[usize::from(request.issuer)].vm
            }
        };
        match vm {
            GONE => Err(Property::UseAfterFreeVmspace),
            vm if vm != request.vm => Err(Property::WrongAddressSpace),
            _ => Ok(()),
        }
    }

    /// Follows a pointer to a proc or LWP, or asks the proc for an LWP.
    fn resolve_proc(&self, s: &State, r: usize) -> Outcome {
        let request = &s.requests[r];
        match self.scenario.design {
            Design::Lwp if request.tie == Tie::Gone => Err(Property::UseAfterFreeLwp),
            Design::Lwp if request.tie == Tie::Handed && request.orphan => Err(Property::UseAfterFreeProc),
            Design::Proc | Design::Representative if request.orphan => Err(Property::UseAfterFreeProc),
            Design::Representative if s.procs[usize::from(request.issuer)].alive() == 0 => {
                Err(Property::UseAfterFreeLwp)
            }
            _ => Ok(()),
        }
    }

    /// What completion reads beyond the address space.
    pub(super) fn read_submitter(&self, s: &State, r: usize) -> Outcome {
        let sc = self.scenario;
        if sc.reads.is_empty() || sc.from == Source::Snapshot {
            return Ok(());
        }
        if sc.from == Source::Current {
            // Completion runs in a daemon or an interrupt: whoever is current is not the submitter.
            return Err(Property::ChangedSinceSubmission);
        }
        self.resolve_proc(s, r)?;
        let request = &s.requests[r];
        let stands_in =
            |(l, &lwp): (usize, &Lwp)| lwp != Lwp::Free && (request.tie == Tie::Gone || l != usize::from(request.lwp));
        let another = sc.design == Design::Representative
            && matches!(request.tie, Tie::Named | Tie::Gone)
            && sc.reads.contains(&Aspect::SignalTarget)
            && s.procs[usize::from(request.issuer)].lwps.iter().enumerate().any(stands_in);
        if request.changed || another { Err(Property::ChangedSinceSubmission) } else { Ok(()) }
    }
}
