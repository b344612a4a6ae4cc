#!/usr/bin/env python3
"""Makes a table of system calls, errors and signals for one system of kernel traces.

    make-call-tables.py TITLE [RELEASE=DIRECTORY ...] [marks=FIRST-LAST] [drop=PREFIX] [extra=FILE] > ktrace/calls/SYSTEM.txt

Each DIRECTORY holds a release's `syscalls.master`, and where it has them `errno.h` and `signal.h`. A call is named only where all
releases agree; where they do not, it is listed with `-`. `marks=2.0-5.0` says which releases the table is for where names carry
marks such as `compat_30_`: one that came in between those releases is not certain. `extra` is a file of lines in the table's form,
for releases of which only additions are known; it wins. Next year's release: get its `sys/kern` and `sys/sys`, run this, and read
the difference.
"""
import os, re, sys

QUAD = re.compile(r'\b(off_t|quad_t|u_quad_t|int64_t|uint64_t|user_off_t|id_t64)\b')


def entries(path):
    """(number, type, prototype or None, what follows) of each entry, conditions ignored: first one wins."""
    text = open(path, encoding='latin-1').read()
    text = re.sub(r'\\\n', ' ', text)
    found, lines, i = [], text.split('\n'), 0
    while i < len(lines):
        line = lines[i]
        i += 1
        match = re.match(r'(\d+)\s+(.*)', line)
        if not match:
            continue
        rest = match[2]
        while '{' in rest and '}' not in rest and i < len(lines):
            rest += ' ' + lines[i].strip()
            i += 1
        found.append((int(match[1]), rest))
    return found


def arguments(proto):
    """One letter for each argument: r for a register, q for 64 bits; ? where they vary."""
    inside = proto[proto.index('(') + 1:proto.rindex(')')]
    inside = re.sub(r'_(?:In|Out|Inout|Contains)[A-Za-z_]*_(?:\([^()]*(?:\([^()]*\))?[^()]*\))?', ' ', inside)
    if '...' in inside:
        inside = inside.replace('... ', '')
        if '...' in inside:
            return '?'
    inside = inside.strip().strip(',')
    if inside in ('', 'void'):
        return ''
    letters = ''
    for part in inside.split(','):
        letters += 'q' if QUAD.search(part) and '*' not in part else 'r'
    return letters


def table(path):
    """number -> (name, arguments), as kdump has the names."""
    calls = {}
    for number, rest in entries(path):
        words = rest.split()
        kinds = [w for w in words[:4] if re.match(r'[A-Z][A-Z0-9_|]*$', w)]
        proto = re.search(r'\{(.*?)\}(.*)', rest)
        flags = set('|'.join(kinds).split('|'))
        if number in calls:
            continue
        if not proto:
            old = re.match(r'(STD|COMPAT|LIBCOMPAT)\s+(\d+)\s+(\w+)', rest)
            if old:
                # BSD/OS: the number of arguments only.
                name = ('old.' if old[1] == 'COMPAT' else '') + old[3]
                calls[number] = (name, 'r' * int(old[2]))
            continue
        if flags & {'OBSOL', 'UNIMPL', 'RESERVED'}:
            continue
        body, behind = proto[1].strip(), proto[2].strip()
        if '(' not in body:
            continue
        versioned = re.match(r'.*\|(\w*)\|(\w*)\|(\w+)\s*\(', body)
        if versioned:
            name = ('__' + versioned[3] + versioned[2]) if versioned[2] else versioned[3]
        else:
            name = re.search(r'(\w+)\s*\(', body)[1]
            name = re.sub(r'^sys_', '', name)
        alias = re.match(r'\{?\s*(\w+)', behind)
        if name == 'nosys':
            # A place that another name may stand behind.
            if not alias or behind.startswith('{'):
                continue
        if alias and not behind.startswith('{'):
            name = re.sub(r'^sys_', '', alias[1])
        for kind in flags:
            compat = re.match(r'COMPAT_?(\w*)$', kind)
            if compat and compat[1].isdigit() and '_' in kind:
                name = f'compat_{compat[1]}_{name}'
            elif compat and '_' not in kind:
                name = f'compat{compat[1]}.{name}'
            elif compat and '_' in kind:
                name = f'compat_{compat[1].lower()}_{name}'
        indirect = name in ('syscall', '__syscall')
        calls[number] = (name, '?' if indirect else arguments(body))
    return calls


def names(path, pattern):
    """name of each number that `#define`s give, the first of several."""
    found = {}
    if os.path.exists(path):
        for line in open(path, encoding='latin-1'):
            match = re.match(pattern, line)
            if match and 0 < int(match[2]) < 128:
                found.setdefault(int(match[2]), match[1])
    return found


def agreed(tables):
    """What all that know a number say of it."""
    merged = {}
    for table in tables:
        for number, what in table.items():
            merged[number] = what if merged.get(number, what) == what else None
    return {number: what for number, what in merged.items() if what}


def main():
    title, releases, marks, drop, extra = sys.argv[1], [], None, None, None
    for word in sys.argv[2:]:
        key, value = word.split('=', 1)
        if key == 'marks':
            marks = tuple(float(n) for n in value.split('-'))
        elif key == 'extra':
            extra = value
        elif key == 'drop':
            drop = value
        else:
            releases.append((key, value))
    calls = {}
    heads = []
    for release, directory in releases:
        path = os.path.join(directory, 'syscalls.master')
        head = re.search(r'syscalls.master[ ,v]*(\S+) (\S+)', open(path, encoding='latin-1').read(400))
        heads.append(f'{release} (syscalls.master {head[1]})' if head else release)
        for number, (name, letters) in table(path).items():
            mark = re.match(r'compat_(\d\d+)_(.*)', name)
            if mark and marks and float(mark[1]) / 10 >= marks[0]:
                # Native up to the release that the mark names, marked since.
                name = mark[2].removesuffix(mark[1]) if float(mark[1]) / 10 >= marks[1] else '-'
            if drop and name.startswith(drop):
                name = '-'
            known = calls.setdefault(number, ([], []))
            known[0].append(name)
            known[1].append(letters)
    print(f'# {title}: the calls that its releases have, by number: the name, or - where they differ; the arguments.')
    print(f'# Made by docs/make-call-tables.py from {", ".join(heads)}{" and what is known of later ones" if extra else ""}.')
    lines = {}
    for number, (all_names, all_letters) in calls.items():
        name = all_names[0] if len(set(all_names)) == 1 else '-'
        letters = '|'.join(sorted(set(all_letters)))
        lines[number] = f'call {number} {name} {letters or "."}'
    if extra:
        for line in open(extra):
            if line.startswith('call '):
                lines[int(line.split()[1])] = line.strip()
    for number in sorted(lines):
        print(lines[number])
    directories = [directory for _, directory in releases]
    errors = agreed(names(os.path.join(d, 'errno.h'), r'#define\s+(E[A-Z0-9]+)\s+(\d+)\b') for d in directories)
    for number, name in sorted(errors.items()):
        print(f'errno {number} {name}')
    signals = agreed(names(os.path.join(d, 'signal.h'), r'#define\s+SIG([A-Z0-9]+)\s+(\d+)\b') for d in directories)
    for number, name in sorted(signals.items()):
        print(f'signal {number} {name}')


main()
