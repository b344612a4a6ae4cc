//! Every layout of every system on every machine: a trace in it is found out, and read as it was written.

use uioscope_ktrace::Trace;
use uioscope_ktrace::detect::{Difference, Hints};
use uioscope_ktrace::endian::Endian;
use uioscope_ktrace::layout::{CLASSES, Class, Field, Member, ORIGINS, Origin, Unit};
use uioscope_ktrace::read::Event;
use uioscope_ktrace::system::{Arguments, Family, Id, Returns, SigInfo, System, Versions};

/// Writes traces as the kernels do: with their habits in padding, times and ids.
struct Kernel {
    class: &'static Class,
    member: Member,
    origin: &'static Origin,
    /// Whether padding happens to be zero.
    zero: bool,
    bytes: Vec<u8>,
    records: Vec<(i64, i32, i64, i64)>,
}

impl Kernel {
    fn put(&self, bytes: &mut [u8], field: Field, n: i64) {
        let (at, width) = (usize::from(field.at), usize::from(field.width));
        let (little, big) = (n.to_le_bytes(), n.to_be_bytes());
        bytes[at..at + width].copy_from_slice(match self.class.endian {
            Endian::Little => &little[..width],
            Endian::Big => &big[8 - width..],
        });
    }

    fn int(&self, n: i32) -> [u8; 4] {
        if self.class.endian == Endian::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    fn half(&self, n: i16) -> [u8; 2] {
        if self.class.endian == Endian::Little { n.to_le_bytes() } else { n.to_be_bytes() }
    }

    fn register_size(&self) -> usize {
        match self.origin.dialect.arguments {
            Arguments::WideNumber | Arguments::WideSize => 8,
            _ => self.origin.abi.register.into(),
        }
    }

    fn register(&self, n: u64) -> Vec<u8> {
        let width = self.register_size();
        match self.class.endian {
            Endian::Little => n.to_le_bytes()[..width].to_vec(),
            Endian::Big => n.to_be_bytes()[8 - width..].to_vec(),
        }
    }

    fn record(&mut self, kind: i64, pid: i32, name: &[u8], payload: &[u8]) {
        let dialect = self.origin.dialect;
        let wide = self.origin.abi.long == 8;
        let size = usize::from(self.class.size);
        let garbage = [0xde, 0xad, 0xbe, 0xef];
        let zero = dialect.zeroed || self.zero;
        let mut header: Vec<u8> = if zero { vec![0; size] } else { garbage.into_iter().cycle().take(size).collect() };
        let i = self.records.len() as i64;
        let (mut sec, mut frac) = (1_404_862_200 + i / 8, 1000 * i + 123_457);
        if self.class.unit == Unit::Nano {
            frac *= 999;
        }
        if self.member.system == System::NetBsd4 && self.member.version == 0 {
            // Divided twice; and on sparc64 the seconds are those of the wrong half.
            frac /= 1000;
            sec = if self.class.endian == Endian::Big && wide { 0 } else { sec };
        }
        self.put(&mut header, self.class.sec, sec);
        if self.member.system == System::NetBsd7
            && self.class.sec.width == 4
            && wide
            && self.class.endian == Endian::Big
        {
            // The old 64-bit seconds are still there.
            self.put(&mut header, Field { at: self.class.sec.at + 4, width: 4 }, sec);
        }
        self.put(&mut header, self.class.len, payload.len() as i64);
        let bit = if dialect.versions == Versions::TypeBit && self.member.version > 0 { 0x4000 } else { 0 };
        self.put(&mut header, self.class.kind, kind | bit);
        self.put(&mut header, self.class.pid, pid.into());
        self.put(&mut header, self.class.frac, frac);
        if let Some(version) = self.class.version {
            self.put(&mut header, version, self.member.version.into());
        }
        let id = match dialect.id {
            Id::Pointer => 0xc123_4560u32 as i32 as i64,
            Id::PointerThenLwp => i64::from(self.member.version > 0),
            Id::Thread if dialect.family == Family::FreeBsd => 100_042,
            Id::Thread => 1,
        };
        self.put(&mut header, self.class.id, id);
        let comm = usize::from(self.class.comm);
        header[comm..comm + name.len()].copy_from_slice(name);
        header[comm + name.len()] = 0;
        self.bytes.extend_from_slice(&header);
        self.bytes.extend_from_slice(payload);
        self.records.push((kind, pid, sec, frac));
    }

    /// SYSCALL of open(2), with three arguments.
    fn call(&mut self, pid: i32, code: i32) {
        let wide = self.register_size();
        let mut payload = Vec::new();
        match self.origin.dialect.arguments {
            Arguments::Number | Arguments::WideNumber => {
                payload.extend(self.half(code as i16));
                payload.extend(self.half(3));
                if self.origin.dialect.arguments == Arguments::Number {
                    payload.resize(wide, 0);
                }
            }
            Arguments::Size | Arguments::WideSize => {
                payload.extend(self.int(code));
                payload.extend(self.int(3 * wide as i32));
            }
        }
        for n in [3, 0xbfbf_e7f0, 0x1b6] {
            payload.extend(self.register(n));
        }
        self.record(1, pid, b"cat", &payload);
    }

    fn ret(&mut self, pid: i32, code: i16) {
        let mut payload = [self.half(code), self.half(0)].concat();
        if self.origin.dialect.returns == Returns::OnSuccess {
            payload = self.int(code.into()).to_vec();
        }
        payload.extend(self.int(0));
        payload.extend(match self.origin.dialect.returns {
            Returns::Int => self.int(30).to_vec(),
            // Darwin's arguments are wider than its values.
            Returns::Register if self.member.system == System::Darwin8 => self.int(30).to_vec(),
            Returns::Register | Returns::OnSuccess => self.register(30),
            Returns::Two | Returns::Wide => [self.register(30), self.register(0)].concat(),
        });
        self.record(2, pid, b"cat", &payload);
    }

    fn signal(&mut self, pid: i32) {
        let abi = self.origin.abi;
        // The sizes that the compilers gave.
        let size = match (self.origin.dialect.siginfo, self.member.system) {
            (SigInfo::Inside { .. }, _) if abi.pointer == 8 => 160,
            (SigInfo::Inside { .. }, System::Aerie) => 144,
            (SigInfo::Inside { .. }, _) if abi.int64_align == 8 => 152,
            (SigInfo::Inside { .. }, _) => 144,
            (_, System::Lite2 | System::NetBsd13 | System::Darwin8) if abi.pointer == 4 => 16,
            (_, System::Lite2 | System::NetBsd13) => 24,
            (_, System::NetBsdDraft) => 32,
            _ if abi.pointer == 8 => 40,
            _ => 28,
        };
        let mut payload = vec![0; size];
        payload[..4].copy_from_slice(&self.int(15));
        self.record(5, pid, b"longcommandname6", &payload);
    }
}

/// A trace with records of the kinds that all have.
fn trace(class: &'static Class, member: Member, zero: bool) -> Kernel {
    let dialect = member.system.dialect();
    let alike =
        |o: &&Origin| o.dialect == dialect && o.abi.alike(uioscope_ktrace::abi::find(member.abi).expect("known"));
    let origin = ORIGINS.iter().find(alike).expect("an origin of every member");
    let mut kernel = Kernel { class, member, origin, zero, bytes: Vec::new(), records: Vec::new() };
    if dialect.family == Family::NetBsd {
        kernel.record(7, 101, b"sh", b"netbsd");
    }
    for i in 0..6 {
        kernel.call(101, 5);
        kernel.record(3, 101, b"cat", b"/etc/motd");
        kernel.ret(101, 5);
        let genio = [&kernel.int(1)[..], &kernel.int(1), &[i; 50]].concat();
        kernel.record(4, 101, b"cat", &genio);
        kernel.signal(20202);
        if dialect.kind(6) == uioscope_ktrace::system::Kind::Csw {
            let csw = [&kernel.int(1)[..], &kernel.int(0)].concat();
            let csw = if dialect.wait_message { [&csw[..], b"nanslp\0\0"].concat() } else { csw };
            kernel.record(6, 20202, b"longcommandname6", &csw);
        }
    }
    kernel
}

fn members() -> impl Iterator<Item = (&'static Class, Member)> {
    // FreeBSD 14 reads the old headers of its predecessors, and writes none.
    let writes = |m: &Member| m.system.dialect().versions != Versions::TypeBit || m.version > 0;
    CLASSES.iter().flat_map(move |class| class.members.iter().filter(move |m| writes(m)).map(move |m| (class, *m)))
}

#[test]
fn every_layout_is_found_out() {
    for ((class, member), zero) in members().flat_map(|m| [(m, false), (m, true)]) {
        let kernel = trace(class, member, zero);
        let mut trace = Trace::open(&kernel.bytes[..], &Hints::default()).unwrap_or_else(|e| panic!("{member:?}: {e}"));
        let Trace::Kernel(_, detection) = &trace else { panic!("no neutral file") };
        let found = detection.candidates.iter().find(|c| c.origin.alike(kernel.origin));
        let found = found.unwrap_or_else(|| panic!("{member:?} is not among {:#?}", detection.candidates));
        assert_ne!(found.difference, Difference::Header, "{member:?} and not {}", detection.origin());
        let mut wanted = kernel.records.iter();
        while let Some(event) = trace.next_event().expect("memory") {
            let Event::Record(record) = event else { panic!("{member:?}: {event:?}") };
            let got = (record.code, record.pid, record.sec, record.frac);
            assert_eq!(Some(&got), wanted.next(), "{member:?}");
            assert_eq!(record.decode().flaw, None, "{member:?}: {record:?}");
        }
        assert_eq!(wanted.next(), None, "{member:?}");
    }
}

#[test]
fn every_layout_can_be_asked_for() {
    for (class, member) in members() {
        let kernel = trace(class, member, false);
        let hints = Hints { assume: Some(kernel.origin), ..Hints::default() };
        let mut trace = Trace::open(&kernel.bytes[..], &hints).expect("assumed");
        let mut records = 0;
        while let Some(event) = trace.next_event().expect("memory") {
            let Event::Record(record) = event else { panic!("{member:?}: {event:?}") };
            assert_eq!(record.decode().flaw, None, "{member:?}: {record:?}");
            records += 1;
        }
        assert_eq!(records, kernel.records.len());
    }
}
