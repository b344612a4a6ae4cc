//! What a request's pointer leads to at the moment it is followed.

use super::{Machine, Outcome};
use crate::book::Leads;
use crate::property::Property;
use crate::state::{GONE, Lwp, State, Tie};
use crate::words::{Aspect, Source, Stand};

impl Machine<'_> {
    /// Follows what the request carries to an address space and copies there.
    pub(super) fn resolve(&self, s: &State, r: usize) -> Outcome {
        let request = &s.requests[r];
        let vm = match self.carry.leads {
            Leads::Vmspace => request.vm,
            _ => {
                self.resolve_proc(s, r)?;
                s.procs[usize::from(request.issuer)].vm
            }
        };
        match vm {
            GONE => Err(Property::UseAfterFreeVmspace),
            vm if vm != request.vm || request.replaced => Err(Property::WrongAddressSpace),
            _ => Ok(()),
        }
    }

    /// Follows a pointer to a proc or LWP, or asks the proc for an LWP.
    fn resolve_proc(&self, s: &State, r: usize) -> Outcome {
        let request = &s.requests[r];
        match self.carry.leads {
            Leads::Lwp if request.tie == Tie::Gone => Err(Property::UseAfterFreeLwp),
            Leads::Lwp if request.tie == Tie::Handed && request.orphan => Err(Property::UseAfterFreeProc),
            Leads::Proc | Leads::Representative if request.orphan => Err(Property::UseAfterFreeProc),
            Leads::Representative => {
                let proc = &s.procs[usize::from(request.issuer)];
                let there = match self.scenario.kernel.representative {
                    Stand::Any => proc.alive() > 0,
                    Stand::Leader => proc.lwps[0] != Lwp::Free,
                    Stand::LeaderStays => true,
                };
                if there { Ok(()) } else { Err(Property::UseAfterFreeLwp) }
            }
            _ => Ok(()),
        }
    }

    /// What completion reads beyond the address space.
    pub(super) fn read_submitter(&self, s: &State, r: usize) -> Outcome {
        let sc = self.scenario;
        if sc.reads.iter().any(|&aspect| sc.source(aspect) == Source::Current) {
            // Completion runs in a daemon or an interrupt: whoever is current is not the submitter.
            return Err(Property::ChangedSinceSubmission);
        }
        if sc.carried().next().is_none() {
            return Ok(());
        }
        self.resolve_proc(s, r)?;
        let request = &s.requests[r];
        let stands_in = |(l, &lwp): (usize, &Lwp)| match sc.kernel.representative {
            Stand::Any => lwp != Lwp::Free && (request.tie == Tie::Gone || l != usize::from(request.lwp)),
            Stand::Leader | Stand::LeaderStays => l == 0 && (request.tie == Tie::Gone || request.lwp != 0),
        };
        let another = self.carry.leads == Leads::Representative
            && matches!(request.tie, Tie::Named | Tie::Gone)
            && sc.carried().any(|aspect| aspect == Aspect::SignalTarget)
            && s.procs[usize::from(request.issuer)].lwps.iter().enumerate().any(stands_in);
        if request.changed || another { Err(Property::ChangedSinceSubmission) } else { Ok(()) }
    }
}
