//! Types: what they point to, and how often.

use super::Lower;
use crate::tree::{Base, Type};
use syn::{GenericArgument, PathArguments};

/// Types of numbers and the like, in Rust and by the names that C has for them.
fn is_builtin(name: &str) -> bool {
    let rust = ["bool", "char", "str", "String", "isize", "usize", "f32", "f64", "i8", "i16", "i32", "i64", "i128"];
    rust.contains(&name)
        || ["u8", "u16", "u32", "u64", "u128"].contains(&name)
        || name.strip_prefix("c_").is_some_and(|n| n.bytes().all(|b| b.is_ascii_lowercase()))
        || matches!(name, "size_t" | "ssize_t" | "off_t" | "pid_t" | "uid_t" | "gid_t")
}

impl Lower<'_> {
    pub(super) fn ty(&self, ty: &syn::Type) -> Type {
        match ty {
            syn::Type::Ptr(p) => pointer(self.ty(&p.elem)),
            syn::Type::Reference(r) => pointer(self.ty(&r.elem)),
            syn::Type::Paren(p) => self.ty(&p.elem),
            syn::Type::Group(g) => self.ty(&g.elem),
            syn::Type::Array(a) => array(self.ty(&a.elem)),
            syn::Type::Slice(s) => array(self.ty(&s.elem)),
            syn::Type::BareFn(f) => Type { function: true, ..self.returned(&f.output) },
            syn::Type::Path(p) => self.path_type(&p.path),
            _ => Type::default(),
        }
    }

    pub(super) fn returned(&self, output: &syn::ReturnType) -> Type {
        match output {
            syn::ReturnType::Default => Type { base: Base::Builtin, ..Type::default() },
            syn::ReturnType::Type(_, ty) => self.ty(ty),
        }
    }

    /// A type by its name: the last of its path's, or what a well-known wrapper wraps.
    pub(super) fn path_type(&self, path: &syn::Path) -> Type {
        let Some(last) = path.segments.last() else { return Type::default() };
        let name = last.ident.to_string();
        if name == "Self" {
            return self.this;
        }
        let inner = || match &last.arguments {
            PathArguments::AngleBracketed(a) => a.args.iter().find_map(|a| match a {
                GenericArgument::Type(t) => Some(self.ty(t)),
                _ => None,
            }),
            _ => None,
        };
        match name.as_str() {
            "Option" | "Result" | "ManuallyDrop" | "MaybeUninit" | "UnsafeCell" | "Cell" | "RefCell" | "Pin"
            | "Mutex" | "RwLock" | "SpinLock" => inner().unwrap_or_default(),
            "NonNull" | "Box" | "Rc" | "Arc" | "ARef" | "AtomicPtr" => inner().map(pointer).unwrap_or_default(),
            "Vec" => inner().map(array).unwrap_or_default(),
            n if is_builtin(n) => Type { base: Base::Builtin, ..Type::default() },
            _ => Type { base: Base::Struct(self.at(last.ident.span())), ..Type::default() },
        }
    }
}

pub(super) fn pointer(ty: Type) -> Type {
    Type { pointers: ty.pointers.saturating_add(1), ..ty }
}

fn array(ty: Type) -> Type {
    Type { arrays: ty.arrays.saturating_add(1), ..pointer(ty) }
}
