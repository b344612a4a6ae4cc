//! What the systems' headers declare, in C and reduced to what a trace shows: one file a system. The table of headers is made from
//! them, and a test holds it and the decoder to them for every machine.

use crate::abi::Abi;
use crate::system::System;
use std::fmt::Write;

/// Every system's declarations. They include `machine.h`, which [`machine`] makes.
pub static DECLARATIONS: [(System, &str); 23] = [
    (System::Lite2, include_str!("../declarations/lite2.h")),
    (System::NetBsd13, include_str!("../declarations/netbsd13.h")),
    (System::NetBsd14, include_str!("../declarations/netbsd14.h")),
    (System::NetBsd16, include_str!("../declarations/netbsd16.h")),
    (System::Mouse14, include_str!("../declarations/mouse14.h")),
    (System::NetBsd4, include_str!("../declarations/netbsd4.h")),
    (System::Mouse40, include_str!("../declarations/mouse40.h")),
    (System::NetBsd7, include_str!("../declarations/netbsd7.h")),
    (System::NetBsd10, include_str!("../declarations/netbsd10.h")),
    (System::NetBsdDraft, include_str!("../declarations/netbsd-draft.h")),
    (System::OpenBsd56, include_str!("../declarations/openbsd56.h")),
    (System::OpenBsd58, include_str!("../declarations/openbsd58.h")),
    (System::OpenBsd71, include_str!("../declarations/openbsd71.h")),
    (System::OpenBsd73, include_str!("../declarations/openbsd73.h")),
    (System::FreeBsd8, include_str!("../declarations/freebsd8.h")),
    (System::FreeBsd93, include_str!("../declarations/freebsd93.h")),
    (System::FreeBsd10, include_str!("../declarations/freebsd10.h")),
    (System::FreeBsd12, include_str!("../declarations/freebsd12.h")),
    (System::FreeBsd14, include_str!("../declarations/freebsd14.h")),
    (System::FreeBsd15, include_str!("../declarations/freebsd15.h")),
    (System::DragonFly, include_str!("../declarations/dfly.h")),
    (System::Darwin8, include_str!("../declarations/darwin8.h")),
    (System::Aerie, include_str!("../declarations/aerie.h")),
];

/// The types that a system has on a machine: the `machine.h` of its declarations.
pub fn machine(system: System, abi: &Abi) -> String {
    let integer = |bytes| if bytes == 4 { "int" } else { "long long" };
    let mut text = String::new();
    for (name, ty) in [
        ("pid_t", "int"),
        ("lwpid_t", "int"),
        ("uid_t", "unsigned int"),
        ("int16_t", "short"),
        ("uint16_t", "unsigned short"),
        ("int32_t", "int"),
        ("uint32_t", "unsigned int"),
        ("int64_t", "long long"),
        ("uint64_t", "unsigned long long"),
        ("clock64_t", "long long"),
        ("clock_t", "int"),
        ("intptr_t", "long"),
        ("size_t", "unsigned long"),
        ("time_t", integer(system.time_t(abi))),
        ("register_t", integer(abi.register)),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "typedef {ty} {name};");
    }
    // FreeBSD's struct stat has room for times of 64 bits where they have 32.
    let timespec = abi.place(usize::from(system.time_t(abi) + abi.long), system.time_t(abi));
    let wide = if system.time_t(abi) == 4 { "int name;" } else { "" };
    let _ = writeln!(text, "#define TIME_EXT(name) {wide}");
    let _ = writeln!(text, "#define TIME_PAD {}", (16 - timespec) & !3);
    text
}
