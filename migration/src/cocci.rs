//! The mechanical part of a migration as a semantic patch, for people who review with Coccinelle.

use uioscope_analyzer::flow::target::Target;
use uioscope_analyzer::packs::Pack;

/// The rules that hold wherever they match: stores by what the companion says, loads of the address space, comparisons with
/// the running process. What needs the whole program is not here: `uioscope patch` has it.
pub fn semantic_patch(pack: &Pack, target: &Target) -> String {
    let words = &pack.migration;
    let of = target.pointee.as_deref().unwrap_or("proc");
    let Some(way) = words.space_of(of) else { return String::new() };
    let (field, member, setup) = (&target.field, &words.member, &words.setup);
    let request = &target.of;
    let companion = &pack.companion;
    let mut out = format!(
        "// {request}.{field} becomes {request}.{member}: the part that needs no thought.\n\
         // spatch --sp-file THIS --dir TREE --force-kr\n\n"
    );
    for (i, kernel) in companion.kernel.iter().enumerate() {
        for (form, pointer, dot) in [("struct", "&U", "."), ("pointer", "U", "->")] {
            let ty = if form == "struct" { format!("struct {request} U;") } else { format!("struct {request} *U;") };
            out += &format!(
                "@kernel_{form}_{i}@\n{ty}\nexpression E;\n@@\n\
                 -U{dot}{field} = E;\n+{setup}({pointer});\n ... when != U\n-U{dot}{0} = {kernel};\n\n\
                 @kernel_{form}_after_{i}@\n{ty}\nexpression E;\n@@\n\
                 -U{dot}{0} = {kernel};\n ... when != U\n-U{dot}{field} = E;\n+{setup}({pointer});\n\n",
                companion.field
            );
        }
    }
    for (form, ty, dot) in
        [("struct", format!("struct {request} U;"), "."), ("pointer", format!("struct {request} *U;"), "->")]
    {
        for (i, user) in companion.user.iter().enumerate() {
            out += &format!(
                "@user_{form}_{i}@\n{ty}\nstruct {of} *P;\n@@\n U{dot}{0} = {user};\n ...\n-U{dot}{field} = P;\n+U{dot}{member} = P->{way};\n\n",
                companion.field
            );
        }
        out += &format!("@space_{form}@\n{ty}\n@@\n-U{dot}{field}->{way}\n+U{dot}{member}\n\n");
        if let Some(current) = words.current(of) {
            for (word, op) in [("same", "=="), ("other", "!=")] {
                out += &format!(
                    "@{word}_{form}@\n{ty}\n@@\n-U{dot}{field} {op} {current}\n+U{dot}{member} {op} {current}->{way}\n\n"
                );
            }
        }
    }
    out
}
