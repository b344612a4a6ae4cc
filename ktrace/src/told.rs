//! A system that nobody knows yet, by its own `ktrace.h`: the engine that lays structs out says where its members are.
//!
//! Of payloads, those are decoded whose structs are declared just as one of the known systems has them; the others are bytes. So a
//! header that means something new by an old name is not misread.

use crate::abi::Abi;
use crate::dialects::PRIVATE;
use crate::endian::Endian;
use crate::kind::Kind;
use crate::layout::{Class, Field, Origin, Unit};
use crate::payload::signal::psig_size;
use crate::system::{Arguments, CapFail, CodePlace, Cpu, Dialect, Family, Id, Returns, SigInfo, System, Versions};
use thiserror::Error;
use uioscope_source::decls::lookup::Lookup;
use uioscope_source::layout::{Layout, Machine, MemberKind, Placed, layouts};
use uioscope_source::text::SourceTree;

/// Why a header does not say what traces look like.
#[derive(Debug, Error)]
pub enum NotTold {
    /// There is no struct of the header of records.
    #[error("{0}")]
    NoStruct(String),
    /// It could not be laid out.
    #[error("struct {name} cannot be laid out: {why}; --tree names where the headers are that it needs")]
    Unread {
        /// The struct.
        name: &'static str,
        /// What was not understood.
        why: String,
    },
    /// It lacks a member that every record needs.
    #[error("struct {name} has no {member} that can be one")]
    Lacks {
        /// The struct.
        name: &'static str,
        /// The member.
        member: &'static str,
    },
    /// It is longer than any that can be read.
    #[error("struct {name} has {size} bytes; headers of up to 255 are read")]
    TooLong {
        /// The struct.
        name: &'static str,
        /// Its bytes.
        size: u32,
    },
}

/// What such a system is called, also in the neutral format.
pub(crate) const NAME: &str = "told";

/// What a C compiler for that ABI goes by.
pub fn machine(abi: &Abi) -> Machine {
    Machine {
        name: abi.name,
        little: abi.endian == Endian::Little,
        pointer: abi.pointer.into(),
        long: abi.long.into(),
        int32_align: abi.int32_align.into(),
        int64_align: abi.int64_align.into(),
    }
}

/// A header, as it looks on one machine.
struct Told<'t> {
    lookup: Lookup<'t>,
    path: &'t str,
    text: String,
    abi: &'static Abi,
}

/// The origin whose traces are as the file `path` of the tree declares them, on a machine. It lives as long as the program: there is
/// one of it.
pub fn origin(tree: &SourceTree, path: &str, abi: &'static Abi) -> Result<&'static Origin, NotTold> {
    let text = tree.file(path).map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).unwrap_or_default();
    let told = Told { lookup: Lookup::new(tree), path, text, abi };
    let classes = told.classes()?;
    let dialect = Box::leak(Box::new(told.dialect(&classes)));
    let classes = classes.map(|class| class.map(|(class, _)| &*Box::leak(Box::new(class))));
    Ok(Box::leak(Box::new(Origin::new(dialect, abi, classes))))
}

/// A header's class, and whether its id is a thread's.
type Version = Option<(Class, bool)>;

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn before(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(before, _)| before)
}

fn find<'l>(layout: &'l Layout, names: &[&str]) -> Option<&'l Placed> {
    names.iter().find_map(|name| layout.members.iter().find(|m| last(&m.name) == *name))
}

/// The one of the path of a member that is in a union of versions: 2 of `_v._v2._ts`.
fn numbered(path: &str) -> Option<usize> {
    path.split('.').find_map(|part| part.trim_start_matches('_').strip_prefix('v')?.parse().ok())
}

impl Told<'_> {
    fn layout(&self, name: &'static str) -> Result<Layout, NotTold> {
        let mut all = layouts(&self.lookup, self.path, name, &[machine(self.abi)])
            .map_err(|e| NotTold::NoStruct(e.to_string()))?;
        let why = || all.unread.first().map(|u| u.why.clone()).unwrap_or_default();
        all.layouts.pop().ok_or_else(|| NotTold::Unread { name, why: why() })
    }

    fn payload(&self, name: &'static str) -> Option<Layout> {
        self.layout(name).ok()
    }

    /// What a siginfo_t behind a signal's struct looks like, as far as the header beside this one says.
    fn siginfo(&self) -> SigInfo {
        let beside = self.path.strip_suffix(last_part(self.path)).unwrap_or_default();
        let all = layouts(&self.lookup, &format!("{beside}siginfo.h"), "siginfo_t", &[machine(self.abi)]);
        let Some(layout) = all.ok().and_then(|mut all| all.layouts.pop()) else {
            return SigInfo::Behind { traps: true, wide: true };
        };
        let any = |is: &dyn Fn(&Placed) -> bool| layout.members.iter().any(is);
        SigInfo::Behind {
            traps: any(&|m| last(&m.name) == "_trap2"),
            wide: any(&|m| m.kind == MemberKind::Number && m.element == 8),
        }
    }

    /// The number that a constant of the header stands for.
    fn constant(&self, name: &str) -> Option<i64> {
        let body = self.constants().find(|(known, _)| *known == name)?.1;
        let word = body.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty())?;
        let word = word.trim_end_matches(['u', 'U', 'l', 'L']);
        word.strip_prefix("0x").map_or_else(|| word.parse().ok(), |hex| i64::from_str_radix(hex, 16).ok())
    }

    /// Whether the header defines a macro of that name, with parameters or without.
    fn defines(&self, name: &str) -> bool {
        self.constants().any(|(known, _)| known.split('(').next() == Some(name))
    }

    /// The header's constants and what they stand for.
    fn constants(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.lines().filter_map(|line| {
            let define = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("define")?;
            let (name, body) = define.trim_start().split_once(|c: char| c.is_ascii_whitespace())?;
            Some((name, body))
        })
    }

    /// The header of each version.
    fn classes(&self) -> Result<[Version; 4], NotTold> {
        const NAME: &str = "ktr_header";
        let layout = self.layout(NAME)?;
        let mut classes: [Version; 4] = Default::default();
        if self.defines("KTR_VERSIONED") {
            if let Ok(old) = self.layout("ktr_header_v0") {
                classes[0] = Some(self.class("ktr_header_v0", &old, None, 0)?);
            }
            classes[1] = Some(self.class(NAME, &layout, None, 1)?);
            return Ok(classes);
        }
        let times: Vec<&Placed> = layout.members.iter().filter(|m| last(&m.name) == "tv_sec").collect();
        let versioned = find(&layout, &["ktr_version"]).is_some();
        if !versioned || times.len() < 2 {
            // Of versions that look the same, any may be meant.
            for slot in classes.iter_mut().take(if versioned { 4 } else { 1 }) {
                *slot = Some(self.class(NAME, &layout, None, 1)?);
            }
            return Ok(classes);
        }
        for (i, time) in times.into_iter().enumerate() {
            let version = numbered(&time.name).unwrap_or(i);
            if let Some(slot) = classes.get_mut(version) {
                *slot = Some(self.class(NAME, &layout, Some(time), version)?);
            }
        }
        if classes[3].is_none() && classes[2].is_some() {
            // It is 1 | 2 by accident, and has the header of the second.
            classes[3] = classes[2].as_ref().map(|(class, thread)| (Class { members: &[], ..*class }, *thread));
        }
        Ok(classes)
    }

    /// A header with the time at `time`, or its only one.
    fn class(
        &self,
        name: &'static str,
        layout: &Layout,
        time: Option<&Placed>,
        version: usize,
    ) -> Result<(Class, bool), NotTold> {
        let size = time.and_then(|time| self.end(layout, time)).unwrap_or(layout.size);
        let size = u8::try_from(size).map_err(|_| NotTold::TooLong { name, size })?;
        let lacks = |member| NotTold::Lacks { name, member };
        // Offsets and widths are less than the size, which fits.
        let field = |m: &Placed| Field { at: m.offset as u8, width: m.width as u8 };
        let number = |m: &&Placed| matches!(m.width, 2 | 4 | 8) && m.bits.is_none();
        let must = |member: &'static str| find(layout, &[member]).filter(number).map(field).ok_or(lacks(member));
        let sec = time.or_else(|| find(layout, &["tv_sec"])).filter(number).ok_or(lacks("tv_sec"))?;
        let beside = |name: &str| {
            let path = before(&sec.name);
            layout.members.iter().find(|m| before(&m.name) == path && last(&m.name) == name).filter(number)
        };
        let (frac, unit) = match (beside("tv_usec"), beside("tv_nsec")) {
            (Some(frac), _) => (frac, Unit::Micro),
            (None, Some(frac)) => (frac, Unit::Nano),
            (None, None) => return Err(lacks("tv_nsec or tv_usec")),
        };
        let comm = find(layout, &["ktr_comm"]).filter(|m| m.kind == MemberKind::Bytes && m.width > 1);
        let comm = comm.ok_or(lacks("ktr_comm"))?;
        let (id, thread) = id(layout, sec, version);
        let class = Class {
            endian: self.abi.endian,
            size,
            len: must("ktr_len")?,
            kind: must("ktr_type")?,
            version: find(layout, &["ktr_version"]).filter(number).map(field),
            pid: must("ktr_pid")?,
            comm: comm.offset as u8,
            sec: field(sec),
            frac: field(frac),
            unit,
            // Of no bytes where there is none: then it reads as 0.
            id: id.filter(number).map_or(Field { at: 0, width: 0 }, field),
            cpu: find(layout, &["ktr_cpu", "ktr_flags"]).filter(number).map(field),
            members: &[],
        };
        Ok((class, thread))
    }

    /// Where a header ends whose last member is a union of versions, of which a kernel writes the one with that time.
    fn end(&self, layout: &Layout, time: &Placed) -> Option<u32> {
        let version = numbered(&time.name)?;
        let own = || layout.members.iter().filter(|m| numbered(&m.name) == Some(version));
        let start = own().map(|m| m.offset).min()?;
        let end = own().map(|m| m.offset + m.width).max()?;
        let align = own().map(|m| u32::from(self.abi.align(m.element.min(8) as u8))).max()?;
        Some(start + (end - start).next_multiple_of(align.max(1)))
    }

    /// What the payloads look like.
    fn dialect(&self, classes: &[Version; 4]) -> Dialect {
        let threads = classes.iter().flatten().filter(|(_, thread)| *thread).count();
        let all = classes.iter().flatten().count();
        let comm = self.layout("ktr_header").ok().and_then(|l| Some(find(&l, &["ktr_comm"])?.width)).unwrap_or(17);
        let has = |name| self.defines(name);
        let family = match () {
            () if has("KTR_START") || has("KTR_EXECARGS") => Family::OpenBsd,
            () if has("KTR_PROCCTOR") || has("KTR_SYSCTL") => Family::FreeBsd,
            () if has("KTR_EXEC_ARG") || has("KTR_EMUL") => Family::NetBsd,
            () => Family::Other,
        };
        let mut dialect = Dialect {
            system: System::Told,
            name: NAME,
            title: "as its header declares",
            family,
            comm: (comm - 1) as u8,
            id: match threads {
                0 => Id::Pointer,
                n if n == all => Id::Thread,
                _ => Id::PointerThenLwp,
            },
            versions: match () {
                () if has("KTR_VERSIONED") => Versions::TypeBit,
                () if classes.iter().flatten().any(|(class, _)| class.version.is_some()) => Versions::Member,
                () => Versions::None,
            },
            cpu: match () {
                () if has("KTRH_CPUID_ENCODE") => Cpu::HighByte,
                () if self.layout("ktr_header").is_ok_and(|l| find(&l, &["ktr_cpu"]).is_some()) => Cpu::Member,
                () => Cpu::None,
            },
            drops: has("KTR_DROP"),
            restart: if family == Family::NetBsd { -3 } else { -1 },
            mib_behind: family == Family::OpenBsd,
            ..PRIVATE
        };
        let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Unknown);
        let mut types: Vec<(i64, Kind)> = Vec::new();
        for kind in kinds {
            let Some(number) = self.constant(&format!("KTR_{}", kind.name())) else { continue };
            types.push((number, if self.agrees(kind, &mut dialect) { kind } else { Kind::Unknown }));
            if kind == Kind::Start {
                types.push((i64::from((number as u32).swap_bytes()), kind));
            }
        }
        // What has a number and another name is defined all the same.
        let others: Vec<&str> =
            self.constants().map(|(name, _)| name).filter(|name| name.starts_with("KTR_")).collect();
        for number in others.into_iter().filter_map(|name| self.constant(name)).filter(|n| (1..256).contains(n)) {
            if types.iter().all(|(known, _)| *known != number) {
                types.push((number, Kind::Unknown));
            }
        }
        dialect.types = Vec::leak(types);
        dialect
    }

    /// Whether a kind's struct is declared as a known system has it; what of it differs between those is put into the dialect.
    fn agrees(&self, kind: Kind, dialect: &mut Dialect) -> bool {
        let (pointer, long) = (u32::from(self.abi.pointer), u32::from(self.abi.long));
        let place = |at: u32, width: u8| self.abi.place(at as usize, width) as u32;
        let is = |name, size: u32, members: &[(&str, u32, u32)]| {
            self.payload(name).is_some_and(|layout| layout.size == size && all_at(&layout, members))
        };
        match kind {
            Kind::Syscall => self.payload("ktr_syscall").is_some_and(|l| syscall(&l, self.abi, dialect)),
            Kind::Sysret => self.payload("ktr_sysret").is_some_and(|l| sysret(&l, self.abi, dialect)),
            Kind::Psig => self.payload("ktr_psig").is_some_and(|l| psig(&l, self.abi, dialect, self.siginfo())),
            Kind::Genio => is("ktr_genio", 8, &[("ktr_fd", 0, 4), ("ktr_rw", 4, 4)]),
            Kind::Csw => {
                dialect.wait_message = is("ktr_csw", 16, &[("out", 0, 4), ("user", 4, 4), ("wmesg", 8, 8)]);
                dialect.wait_message || is("ktr_csw", 8, &[("out", 0, 4), ("user", 4, 4)])
            }
            Kind::User => {
                let declared = self.payload("ktr_user");
                dialect.user_id = declared.is_some();
                declared.is_none_or(|layout| all_at(&layout, &[("ktr_id", 0, 20)]))
            }
            Kind::ExecFd => is("ktr_execfd", 8, &[("ktr_fd", 0, 4), ("ktr_dtype", 4, 4)]),
            Kind::ProcCtor => is("ktr_proc_ctor", 4, &[("sv_flags", 0, 4)]),
            Kind::Fault => {
                is("ktr_fault", place(pointer + 4, self.abi.pointer), &[("vaddr", 0, pointer), ("type", pointer, 4)])
            }
            Kind::FaultEnd => is("ktr_faultend", 4, &[("result", 0, 4)]),
            Kind::Pledge => {
                let at = place(8, 8);
                is("ktr_pledge", at + 8, &[("error", 0, 4), ("syscall", 4, 4), ("code", at, 8)])
            }
            Kind::PinSyscall => {
                is("ktr_pinsyscall", 8 + pointer, &[("error", 0, 4), ("syscall", 4, 4), ("addr", 8, pointer)])
            }
            Kind::StructArray => is("ktr_struct_array", long, &[("struct_size", 0, long)]),
            Kind::CapFail => {
                let (rights, union) = (place(4, 8), place(12, 8));
                dialect.cap_fail = CapFail::Union;
                let of_kinds =
                    [("cap_type", 0, 4), ("cap_code", 4, 2), ("cap_svflags", 8, 4), ("cap_needed", union, 16)];
                if !is("ktr_cap_fail", union + 1024, &of_kinds) {
                    dialect.cap_fail = CapFail::Rights;
                    let old = [("cap_type", 0, 4), ("cap_needed", rights, 16), ("cap_held", rights + 16, 16)];
                    return is("ktr_cap_fail", rights + 32, &old);
                }
                true
            }
            Kind::Saupcall => {
                let sas = place(12, self.abi.pointer);
                is("ktr_saupcall", sas + 2 * pointer, &[("ktr_nint", 8, 4), ("ktr_sas", sas, pointer)])
            }
            // These had structs of Mach's; nobody writes them any more.
            Kind::Mmsg | Kind::Mool | Kind::Unknown => false,
            Kind::Start | Kind::ProcDtor | Kind::Namei | Kind::Emul | Kind::ExecArg | Kind::ExecEnv | Kind::Mib => true,
            Kind::Struct | Kind::Sysctl | Kind::ExecArgs | Kind::ExecEnvs | Kind::Args | Kind::Envs | Kind::ExtErr => {
                true
            }
        }
    }
}

/// The member beside a time that is an id, and whether it is a thread's.
fn id<'l>(layout: &'l Layout, sec: &Placed, version: usize) -> (Option<&'l Placed>, bool) {
    let threads = ["ktr_tid", "ktr_lid", "_lid", "_tid"];
    let pointers = ["ktr_buf", "_buf", "ktr_unused", "_unused"];
    // In a union of versions, only what is of the same one.
    let same = |m: &Placed| numbered(&m.name).is_none() || numbered(&m.name) == numbered(&sec.name);
    let one = |names: &[&str]| layout.members.iter().find(|m| names.contains(&last(&m.name)) && same(m));
    match (one(&threads), one(&pointers)) {
        (_, Some(pointer)) if version == 0 && find(layout, &["ktr_version"]).is_some() => (Some(pointer), false),
        (Some(thread), _) => (Some(thread), true),
        (None, pointer) => (pointer, false),
    }
}

/// Whether members of these names are at these places and of these widths.
fn all_at(layout: &Layout, members: &[(&str, u32, u32)]) -> bool {
    members.iter().all(|(name, at, width)| find(layout, &[name]).is_some_and(|m| (m.offset, m.width) == (*at, *width)))
}

fn syscall(layout: &Layout, abi: &Abi, dialect: &mut Dialect) -> bool {
    let register = u32::from(abi.register);
    if all_at(layout, &[("ktr_code", 0, 4), ("ktr_argsize", 4, 4)]) {
        dialect.arguments = Arguments::Size;
        return layout.size == 8;
    }
    let first = find(layout, &["ktr_args"]);
    dialect.arguments = match first {
        Some(first) if first.element == 8 && first.offset == 4 => Arguments::WideNumber,
        _ => Arguments::Number,
    };
    let wide = dialect.arguments == Arguments::WideNumber;
    let placed = first.is_some_and(|m| m.element == register && m.offset as usize == abi.place(4, abi.register));
    all_at(layout, &[("ktr_code", 0, 2), ("ktr_narg", 2, 2)]) && (wide || placed)
}

fn sysret(layout: &Layout, abi: &Abi, dialect: &mut Dialect) -> bool {
    let register = u32::from(abi.register);
    if layout.size == 8 {
        dialect.returns = Returns::OnSuccess;
        return all_at(layout, &[("ktr_code", 0, 4), ("ktr_error", 4, 4)]);
    }
    let Some(value) = find(layout, &["ktr_retval"]).filter(|m| m.offset == 8) else { return false };
    let second = find(layout, &["ktr_retval_1"]);
    dialect.returns = match (second, value.width) {
        (Some(_), _) => Returns::Two,
        (None, 4) if register == 8 => Returns::Int,
        (None, _) => Returns::Register,
    };
    let (width, values) =
        if dialect.returns == Returns::Int { (4, 1) } else { (register, 1 + u32::from(second.is_some())) };
    let size = 8 + width * values;
    let padded = abi.place(size as usize, if register == 8 { 4 } else { abi.register }) as u32;
    value.width == width && layout.size == padded && all_at(layout, &[("ktr_code", 0, 2), ("ktr_error", 4, 4)])
}

fn psig(layout: &Layout, abi: &Abi, dialect: &mut Dialect, info: SigInfo) -> bool {
    // A set may be a struct of its own.
    let set = layout.members.iter().find(|m| m.name == "mask" || m.name.starts_with("mask."));
    let (Some(set), Some(code)) = (set, layout.members.iter().find(|m| m.name == "code")) else { return false };
    let Ok(bits) = u8::try_from(set.width * 8) else { return false };
    dialect.sigset = bits;
    dialect.code = if code.offset > set.offset { CodePlace::AfterMask } else { CodePlace::AfterAction };
    dialect.siginfo = match (layout.members.iter().any(|m| m.name.starts_with("si.")), dialect.family) {
        (true, Family::OpenBsd) => SigInfo::Inside { clock: 8, status_between: false, uid_first: uid_first(layout) },
        (true, _) => match unknown(layout) {
            Some(info) => info,
            None => return false,
        },
        (false, Family::NetBsd) if dialect.versions == Versions::Member => info,
        (false, _) => SigInfo::None,
    };
    let action = abi.place(4, abi.pointer) as u32;
    let behind = action + u32::from(abi.pointer);
    let (mask_at, code_at) = match dialect.code {
        CodePlace::AfterMask => (behind, behind + set.width),
        _ => (behind + 4, behind),
    };
    (set.offset, code.offset) == (mask_at, code_at)
        && all_at(layout, &[("signo", 0, 4), ("action", action, abi.pointer.into())])
        && layout.size as usize == psig_size(abi, dialect)
}

/// A siginfo_t that is like no known one: where its signal, code and error stand.
fn unknown(layout: &Layout) -> Option<SigInfo> {
    let own = || layout.members.iter().filter(|m| m.name.starts_with("si."));
    let start = own().map(|m| m.offset).min()?;
    let at = |names: [&str; 2]| {
        let member = own().find(|m| names.contains(&last(&m.name)) && m.width == 4)?;
        u8::try_from(member.offset - start).ok()
    };
    Some(SigInfo::Unknown {
        signo: at(["si_signo", "_signo"])?,
        code: at(["si_code", "_code"])?,
        errno: at(["si_errno", "_errno"])?,
        size: u8::try_from(layout.size - start).ok()?,
        widest: own().map(|m| m.element.min(8) as u8).max()?,
    })
}

/// Whether the user stands before what a signal and a child's end say.
fn uid_first(layout: &Layout) -> bool {
    let named = |name: &str| layout.members.iter().find(|m| last(&m.name) == name);
    let (uid, time) = (named("_uid").or_else(|| named("uid")), named("_utime").or_else(|| named("utime")));
    matches!((uid, time), (Some(uid), Some(time)) if uid.offset < time.offset)
}
