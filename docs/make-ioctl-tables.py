#!/usr/bin/env python3
"""Makes a table of ioctl(2) commands for kernel traces.

    make-ioctl-tables.py TITLE [least=N] RELEASE=DIRECTORY ... > ktrace/calls/ioctl-FAMILY.txt

Each DIRECTORY holds the headers of a release's kernel. A command is named only where nothing in any of those trees gives its number
another name; with `least`, only where so many of the releases have it. What a command's argument is decides its number too; where that is
a struct, its bytes differ between machines and are left out. Next year's release: add its tree, run this, and read the difference.
"""
import os, re, sys

SIZES = {'char': 1, 'u_char': 1, 'u_int8_t': 1, 'uint8_t': 1, 'short': 2, 'u_short': 2, 'int': 4, 'u_int': 4, 'unsigned': 4,
         'unsigned int': 4, 'int32_t': 4, 'uint32_t': 4, 'u_int32_t': 4, 'pid_t': 4, 'off_t': 8, 'int64_t': 8, 'uint64_t': 8,
         'u_int64_t': 8}
FOREIGN = re.compile(r'compat|emulation|linux|svr4|ibcs2|hpux|sunos|osf1|ultrix|ndis|xfs|mach$')
DEFINE = re.compile(r'#\s*define\s+([A-Z][A-Za-z0-9_]*)\s+_IO(|R|W|WR|RW)\(\s*(\'.\'|0x[0-9a-fA-F]+|\d+)\s*,\s*(0x[0-9a-fA-F]+|\d+)\s*'
                    r'(?:,\s*([^()]*?)\s*)?\)')


def commands(directory):
    """(direction, group, number) -> {(name, bytes)} of every header below."""
    found = {}
    for at, folders, files in os.walk(directory):
        # What programs of other systems ask for has numbers of those.
        folders[:] = sorted(folder for folder in folders if not FOREIGN.search(folder))
        for file in sorted(files):
            if not file.endswith('.h'):
                continue
            text = open(os.path.join(at, file), encoding='latin-1').read()
            for name, way, group, number, kind in DEFINE.findall(text.replace('\\\n', ' ')):
                group = ord(group[1]) if group[0] == "'" else int(group, 0)
                if group > 255 or int(number, 0) > 255:
                    continue
                size = 0 if way == '' else SIZES.get(' '.join(kind.split()))
                found.setdefault((''.join(sorted(way)) or '-', group, int(number, 0)), set()).add((name, size))
    return found


def main():
    least, releases = 1, []
    for word in sys.argv[2:]:
        key, value = word.split('=', 1)
        if key == 'least':
            least = int(value)
        else:
            releases.append((key, commands(value)))
    print(f'# {sys.argv[1]}: commands of ioctl(2): way, group, number, bytes of the argument or - where machines differ, name.')
    print(f'# Made by docs/make-ioctl-tables.py from {", ".join(name for name, _ in releases)}.')
    keys = sorted({key for _, table in releases for key in table}, key=lambda key: (key[1], key[2], key[0]))
    for key in keys:
        having = [table[key] for _, table in releases if key in table]
        everything = set().union(*having)
        # Two names can only stand beside each other where their sizes are known and differ.
        names = sorted({name for name, _ in everything})
        for name in names:
            sizes = {size for known, size in everything if known == name}
            others = {size for known, size in everything if known != name}
            alone = not others or None not in sizes | others and not sizes & others
            if alone and len(sizes) == 1 and sum(any(known == name for known, _ in one) for one in having) >= least:
                size = sizes.pop()
                print(f'ioctl {key[0]} {key[1]} {key[2]} {"-" if size is None else size} {name}')


main()
