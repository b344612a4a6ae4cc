//! What has to be decided about each finding when the field comes to mean the address space and nothing else.

use crate::view::is_abuse;
use uioscope_analyzer::finding::{Access, Finding, Role, Space};

/// One heading of the checklist. Every finding stands under exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Loads that only reach the address space.
    AddressSpace,
    /// Loads that compare the value with another process or thread.
    Identity,
    /// Loads that only test for NULL.
    Presence,
    /// Loads that need more than an address space; the first such role.
    Beyond(Role),
    /// Loads that go where they could not be followed.
    Opaque,
    /// Loads that nobody reads.
    Unused,
    /// Loads of which no role is known.
    Roleless,
    /// Stores, by space; `None` where no space is given.
    Store(Option<Space>),
    /// Declarations.
    Declaration,
    /// Comments, strings, disabled text.
    Mention,
}

impl Topic {
    /// The heading that the finding stands under.
    pub fn of(finding: &Finding) -> Topic {
        let has = |role| finding.roles.contains(&role);
        match finding.access {
            Access::Decl => Topic::Declaration,
            Access::Mention => Topic::Mention,
            Access::Store => Topic::Store(finding.space),
            Access::Load if is_abuse(finding) => {
                let first = finding.roles.iter().copied().find(|r| r.is_beyond_address_space());
                first.map_or(Topic::Roleless, Topic::Beyond)
            }
            Access::Load if has(Role::Opaque) => Topic::Opaque,
            Access::Load if has(Role::Identity) => Topic::Identity,
            Access::Load if has(Role::AddressSpace) => Topic::AddressSpace,
            Access::Load if has(Role::Presence) => Topic::Presence,
            Access::Load if has(Role::Unused) => Topic::Unused,
            Access::Load => Topic::Roleless,
        }
    }

    /// The chapter that the heading belongs to.
    pub fn chapter(self) -> &'static str {
        match self {
            Topic::AddressSpace => "Loads that need only the address space",
            Topic::Identity => "Loads that ask whose request it is",
            Topic::Presence => "Loads that ask whether there is anybody",
            Topic::Beyond(_) => "Loads that need something else",
            Topic::Opaque => "Loads that must be followed",
            Topic::Unused => "Loads that nobody reads",
            Topic::Roleless => "Loads of which nothing is known",
            Topic::Store(_) => "Stores",
            Topic::Declaration => "Declarations",
            Topic::Mention => "Comments, strings and disabled text",
        }
    }

    /// What divides the chapter: a role or a space.
    pub fn part(self) -> Option<&'static str> {
        match self {
            Topic::Beyond(role) => Some(role.name()),
            Topic::Store(space) => Some(space.map_or("no space given", Space::name)),
            _ => None,
        }
    }

    /// What is to be decided, in a sentence.
    pub fn decision(self) -> &'static str {
        match self {
            Topic::AddressSpace => "Becomes the vmspace: take it from the request and not from the process.",
            Topic::Identity => {
                "An assertion about the caller: compare address spaces, pass the caller along, or let it go."
            }
            Topic::Presence => "Decide what a request without an address space means here.",
            Topic::Beyond(role) => match role {
                Role::Credential => {
                    "Carry a credential with the request, or take the caller's where this is synchronous."
                }
                Role::Limits => "Check the limit where the request is issued, or carry it.",
                Role::Signal => "Say who is to be signalled, and what happens when that one is gone.",
                Role::Accounting => "Charge where the request is issued, or say who is charged later.",
                Role::Files => "Resolve through the descriptor table or directory before the request is issued.",
                Role::Session => "Resolve the session or controlling terminal before the request is issued.",
                Role::ProcessId => "Carry the number itself.",
                Role::Tracing => "Say who is traced when the request outlives its issuer.",
                Role::Scheduling => "Belongs to the running thread and not to the request.",
                Role::LockOwner => "Belongs to the running thread, or needs an owner of its own.",
                Role::Escape => "Outlives the call: what is stored needs a reference of its own.",
                _ => "Decide what takes its place.",
            },
            Topic::Opaque => "Open the callee or the dispatch, and sort it under one of the other headings.",
            Topic::Unused => "Drop the argument, or pass nothing.",
            Topic::Roleless => "Read the place by hand.",
            Topic::Store(space) => match space {
                Some(Space::UserCurrent) => "Store the calling process' vmspace.",
                Some(Space::UserOther) => "Store the other process' vmspace, and hold it.",
                Some(Space::Kernel) => {
                    "Names no user space; whoever reads the process regardless still has to be served."
                }
                Some(Space::Mixed) => "Decided at run time: store the vmspace on the user's branch only.",
                Some(Space::Propagated) => "Follows the request it is copied from.",
                Some(Space::Unknown) | None => "Find out by hand which address space this is.",
            },
            Topic::Declaration => "Change the type and the name here.",
            Topic::Mention => "Reword, or remove.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{load, store};

    fn check(roles: &[Role], want: Topic) {
        assert_eq!(Topic::of(&load("a.c", 1, "f", roles)), want, "{roles:?}");
    }

    #[test]
    fn each_load_has_one_topic() {
        check(&[Role::AddressSpace, Role::Presence], Topic::AddressSpace);
        check(&[Role::AddressSpace, Role::Identity], Topic::Identity);
        check(&[Role::Presence], Topic::Presence);
        check(&[Role::AddressSpace, Role::Credential, Role::Signal], Topic::Beyond(Role::Credential));
        check(&[Role::Signal, Role::Opaque], Topic::Beyond(Role::Signal));
        check(&[Role::AddressSpace, Role::Opaque], Topic::Opaque);
        check(&[Role::Unused], Topic::Unused);
        check(&[], Topic::Roleless);
    }

    #[test]
    fn stores_go_by_space() {
        let finding = store("a.c", 1, "f", Space::Kernel, "NULL");
        assert_eq!(Topic::of(&finding), Topic::Store(Some(Space::Kernel)));
        assert_eq!(Topic::of(&finding).part(), Some("kernel"));
    }

    #[test]
    fn every_topic_says_what_to_do() {
        for role in Role::ALL.into_iter().filter(|r| r.is_beyond_address_space()) {
            assert_ne!(Topic::Beyond(role).decision(), "Decide what takes its place.", "{}", role.name());
        }
    }
}
