#!/usr/bin/env python3
"""Reads neutral traces; written from ktrace-format.md alone, as the proof that the page is enough. One JSON object a record."""
import json, re, struct, sys, zlib

PAGE = __file__.rsplit('/', 1)[0] + '/ktrace-format.md' if '/' in __file__ else 'ktrace-format.md'


def page():
    """The systems and their types, out of the page."""
    text = open(PAGE, encoding='utf-8').read()
    plain = ' '.join(text.split())
    systems = dict((int(n), name) for n, name in re.findall(r'(\d+) ([a-z0-9-]+) \(', plain[plain.index('Systems: '):plain.index('Machines: ')]))
    types = {}
    for name, _, row in re.findall(r'^\| ([a-z0-9-]+) \| (\d) \| (\d+ SYSCALL.*) \|$', text, re.M):
        types[name] = {int(n, 0): kind for n, kind in (pair.split(' ') for pair in row.split(', '))}
    return systems, types


SYSTEMS, TYPES = page()


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise EOFError
        self.at += n
        return self.data[self.at - n:self.at]

    def get(self, form):
        return struct.unpack('<' + form, self.take(struct.calcsize('<' + form)))

    def one(self, form):
        return self.get(form)[0]

    def short(self):
        return self.take(self.one('B'))

    def left(self):
        return len(self.data) - self.at

    def rest(self):
        return self.take(self.left())


text = lambda data: data.decode('latin-1')


def head(b):
    start = b.at
    b.take(8)
    version, oldest, length = b.get('HHH')
    if oldest > 2 or version < 2:
        raise ValueError(f'version {version}')
    whole = b.data[start:start + length]
    if struct.unpack('<I', whole[-4:])[0] != zlib.crc32(whole[:-4]):
        raise ValueError('checksum of the head')
    word, order, system, machine, sec, nsec, clock = b.get('BBHHqIB')
    found = {'system': text(b.short()), 'machine': text(b.short()), 'number': system, 'base': (sec, nsec)}
    found['types'] = {b.one('B'): text(b.short()) for _ in range(b.one('B'))}
    while b.at < start + length - 4:
        key = b.one('B')
        found[f'attribute {key}'] = text(b.short())
    b.at = start + length
    return found


form = lambda b: (b.one('B'), Bytes(b.short()))
raw = lambda b: b.take(b.get('HHI')[2]).hex()
words = lambda b, width, n: [int.from_bytes(b.take(width), 'little') for _ in range(n)]


def siginfo(b):
    signo, code, errno = b.get('iii')
    number, m = form(b)
    info = {'signo': signo, 'code': code, 'errno': errno}
    if number == 1:
        info['pid'], info['uid'] = m.get('iI')
        info |= {'value': hex(m.one('Q'))} if m.left() else {}
    elif number == 2:
        info['pid'], info['status'], info['utime'], info['stime'] = m.get('iiqq')
        info |= {'uid': m.one('I')} if m.left() else {}
    elif number == 3:
        addr, info['trap'] = m.get('Qi')
        info['addr'] = hex(addr)
        info |= dict(zip(('trap2', 'trap3'), m.get('ii'))) if m.left() else {}
    elif number == 4:
        band, info['fd'] = m.get('Qi')
        info['band'] = hex(band)
    rest = raw(b)
    return info if number else info | {'raw': rest}


def payload(kind, b):
    p = {}
    if kind == 'SYSCALL':
        p['code'], width, counted, n = b.get('iBBH')
        p |= {'register_size': width, 'args': [hex(w) for w in words(b, width, n)]}
        p |= {'mib': [b.one('i') for _ in range(b.left() // 4)]} if b.left() else {}
    elif kind == 'SYSRET':
        p['code'], eosys, p['error'], width, n = b.get('ihiBB')
        p |= dict(zip(('retval', 'retval_1'), map(hex, words(b, width, n))))
    elif kind in ('NAMEI', 'EMUL', 'SYSCTL', 'EXEC_ARG', 'EXEC_ENV'):
        p[{'NAMEI': 'path', 'EMUL': 'name', 'SYSCTL': 'name'}.get(kind, 'text')] = text(b.rest())
    elif kind == 'GENIO':
        p['fd'], rw = b.get('ii')
        p |= {'rw': {0: 'read', 1: 'write'}.get(rw, rw), 'data_hex': b.rest().hex()}
    elif kind == 'PSIG':
        p['signo'], action, p['code'], bits = b.get('iQiH')
        mask = b.take(bits // 8)
        p |= {'action': hex(action), 'mask_bits': bits, 'mask': [n for n in range(1, bits + 1) if mask[(n - 1) // 8] >> (n - 1) % 8 & 1]}
        p['siginfo'] = siginfo(b) if b.left() else None
    elif kind == 'CSW':
        p['out'], p['user'] = b.get('ii')
        p |= {'wmesg': text(b.short())} if b.left() else {}
    elif kind == 'USER':
        p |= {'id': text(b.short())} if b.one('B') == 1 else {}
        p['data_hex'] = b.rest().hex()
    elif kind == 'MIB':
        p['mib'] = [b.one('i') for _ in range(b.left() // 4)]
    elif kind in ('EXECARGS', 'EXECENV', 'ARGS', 'ENVS'):
        whole = b.rest()
        p['strings'] = [text(t) for t in whole.removesuffix(b'\0').split(b'\0')] if whole else []
    elif kind in ('PLEDGE', 'PINSYSCALL'):
        p['error'], p['syscall'], value = b.get('iiQ')
        p |= {'code': value} if kind == 'PLEDGE' else {'addr': hex(value)}
    elif kind == 'STRUCT':
        p['struct_name'] = text(b.short())
        number, m = form(b)
        if number == 2:
            p['st_ino'], p['st_mode'], p['st_size'], p['st_mtime'], p['st_birthtime'] = m.get('QHqqq')
        elif number == 3:
            p['tv_sec'], p['tv_nsec'] = m.get('qq')
        p['data_hex'] = raw(b)
    elif kind == 'STRUCT_ARRAY':
        p['struct_size'] = b.one('Q')
        p |= {'struct_name': text(b.short()), 'data_hex': raw(b)}
    elif kind == 'EXEC_FD':
        p['fd'], p['dtype'] = b.get('ii')
    elif kind == 'PROCCTOR':
        p['sv_flags'] = hex(b.one('I'))
    elif kind == 'FAULT':
        vaddr, p['fault_type'] = b.get('Qi')
        p['vaddr'] = hex(vaddr)
    elif kind == 'FAULTEND':
        p['result'] = b.one('i')
    return p


def record(b, names, base, meta):
    start = b.at
    length, kind, flags, pid, lid, near, nsec, name, size = b.get('IHHiiiIHH')
    end, system = start + length, meta['system']
    of = lambda bit, form: b.get(form) if flags >> bit & 1 else None
    raw, time, wide_lid, code, long = of(6, 'HH'), of(7, 'qq'), of(8, 'q'), of(9, 'q'), of(10, 'Q')
    r = {}
    for bit in (13, 14, 15):
        extra = Bytes(b.take(b.one('H'))) if flags >> bit & 1 else None
        while bit == 13 and extra and extra.left():
            key, value = extra.one('B'), extra.short()
            r |= {'cpu': int.from_bytes(value, 'little')} if key == 1 else {}
    body = Bytes(b.take(end - b.at))
    if flags >> 12 & 1: return None
    system = SYSTEMS.get(raw[0], '') if raw else system
    number = code[0] if code else kind & 255
    kind = TYPES[system].get(number, 'UNKNOWN') if system in TYPES else meta['types'].get(number, 'UNKNOWN')
    frac = nsec if not time else time[1] * (1000 if flags >> 3 & 1 else 1)
    r |= {'type': kind, 'pid': pid, 'lid': (wide_lid[0] if wide_lid else lid) if flags >> 4 & 1 else None,
          'comm': text(names[name]) if name < len(names) else '', 'sec': time[0] if time else base + near, 'nsec': frac,
          'version': (flags & 7) - 1 if flags & 7 else None, 'len': long[0] if long else size}
    known = not raw and (system in TYPES or system == 'told' and kind != 'UNKNOWN')
    return r | (payload(kind, body) if known else {'data_hex': body.rest().hex()})


def read(data):
    b, meta = Bytes(data), None
    while b.left():
        if data.startswith(b'\x89KTR\r\n\x1a\n', b.at):
            meta = head(b)
            continue
        start = b.at
        magic, kind, bits, length, count, check = b.get('4sHHIII')
        body = b.take(length)
        if magic != b'\xb1KTB' or zlib.crc32(data[start:start + 16] + body) != check:
            raise ValueError(f'block at {start}')
        if kind != 1 or bits & ~1: continue
        block = Bytes(zlib.decompress(body[4:]) if bits & 1 else body)
        base, names = block.one('q'), []
        for _ in range(block.one('H')):
            names.append(block.short())
        while block.left():
            found = record(block, names, base, meta)
            if found: yield found


if __name__ == '__main__':
    for each in read(open(sys.argv[1], 'rb').read()):
        print(json.dumps(each))
