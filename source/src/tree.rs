//! The syntax tree that all later stages read. Nothing in it knows which language it came from.
//!
//! Nodes live in arenas and are named by index; names and literals are byte spans of the file.

use crate::text::Span;

/// Index of an expression.
pub type ExprId = u32;
/// Index of a statement.
pub type StmtId = u32;
/// A slice of one of the tree's list pools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct List {
    /// First.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// What a type is built on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// Nothing is known.
    #[default]
    Unknown,
    /// `int`, `void` and the like.
    Builtin,
    /// A struct or union with its tag.
    Struct(Span),
    /// A struct or union without a tag: index into [`Ast::aggregates`].
    Anonymous(u32),
    /// An enum.
    Enum,
    /// A typedef name.
    Named(Span),
    /// The type of an expression.
    Typeof(ExprId),
}

/// A type, as far as following members needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Type {
    /// What it is built on.
    pub base: Base,
    /// Pointers and arrays around it.
    pub pointers: u8,
    /// How many of those are arrays, which hold their elements themselves.
    pub arrays: u8,
    /// A function, or a pointer to one; the rest is then what it returns.
    pub function: bool,
}

/// How a name is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storage {
    /// No word about it.
    #[default]
    Plain,
    /// `static`: outlives the call.
    Static,
    /// `extern`.
    Extern,
    /// `typedef`: the name is a type.
    Typedef,
}

/// One declared name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decl {
    /// The name; empty for an unnamed parameter.
    pub name: Span,
    /// Its type.
    pub ty: Type,
    /// Its initialiser.
    pub init: Option<ExprId>,
    /// How it is declared.
    pub storage: Storage,
}

/// A struct or union with its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregate {
    /// The tag, if there is one.
    pub tag: Option<Span>,
    /// Members, in [`Ast::decls`]; an unnamed member that is itself an aggregate has an empty name.
    pub members: List,
    /// Where it stands.
    pub span: Span,
}

/// What an assignment does to what it assigns to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignOp {
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `-=`
    Sub,
    /// `|=` and the rest.
    Other,
}

/// Operators, by what matters to a reader of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `*x`
    Deref,
    /// `&x`
    AddrOf,
    /// `!x`
    Not,
    /// `++x`, `x++`
    Increment,
    /// `--x`, `x--`
    Decrement,
    /// `-x`, `~x`, `+x`
    Arith,
    /// `==`
    Eq,
    /// `!=`
    NotEq,
    /// `<`, `>`, `<=`, `>=`
    Order,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `&`
    BitAnd,
    /// `,`
    Comma,
}

/// An expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expr {
    /// A name.
    Name,
    /// A number, string or character.
    Literal,
    /// `base.name` or `base->name`.
    Member {
        /// Left of it.
        base: ExprId,
        /// The member's name.
        name: Span,
        /// `->`.
        arrow: bool,
    },
    /// `base[index]`.
    Index {
        /// Left of it.
        base: ExprId,
        /// Between the brackets.
        index: ExprId,
    },
    /// `callee(args)`; a macro's use looks the same.
    Call {
        /// What is called.
        callee: ExprId,
        /// Arguments, in [`Ast::lists`].
        args: List,
    },
    /// Prefix or postfix.
    Unary {
        /// Which.
        op: Op,
        /// Of what.
        operand: ExprId,
    },
    /// Infix.
    Binary {
        /// Which.
        op: Op,
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
    },
    /// `lhs = rhs`, `lhs += rhs`
    Assign {
        /// Left.
        lhs: ExprId,
        /// Right.
        rhs: ExprId,
        /// Which.
        op: AssignOp,
    },
    /// `test ? then : other`; gcc lets `then` be left out.
    Choice {
        /// Before the `?`.
        test: ExprId,
        /// Between, if anything stands there.
        then: Option<ExprId>,
        /// After the `:`.
        other: ExprId,
    },
    /// `(type) operand`.
    Cast {
        /// To what.
        ty: Type,
        /// Of what.
        operand: ExprId,
    },
    /// `sizeof operand`; the operand is not evaluated.
    Sizeof {
        /// Of what, unless of a type.
        operand: Option<ExprId>,
    },
    /// `(type) { … }`.
    Compound {
        /// Of what type.
        ty: Type,
        /// An [`Expr::Init`].
        init: ExprId,
    },
    /// `{ … }` as an initialiser.
    Init {
        /// Items, in [`Ast::lists`].
        items: List,
    },
    /// `.field = value` or `field: value` inside an initialiser.
    Field {
        /// The field.
        name: Span,
        /// Its value.
        value: ExprId,
    },
    /// `({ … })`.
    Block {
        /// An [`Stmt::Block`].
        body: StmtId,
    },
    /// A type where an expression could stand: a macro's argument.
    TypeArg {
        /// Which.
        ty: Type,
    },
    /// Operands of an `asm`.
    Asm {
        /// Operands, in [`Ast::lists`].
        operands: List,
    },
    /// Something that was passed over.
    Unread,
}

/// A statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stmt {
    /// An expression.
    Expr(ExprId),
    /// Declarations, in [`Ast::decls`].
    Decls(List),
    /// `{ … }`: statements, in [`Ast::lists`].
    Block(List),
    /// `if`
    If {
        /// The condition.
        test: ExprId,
        /// If it holds.
        then: StmtId,
        /// If not.
        other: Option<StmtId>,
    },
    /// `while`, `for`, and macros that stand for a loop head.
    Loop {
        /// Before the first round.
        init: Option<StmtId>,
        /// Before each round.
        test: Option<ExprId>,
        /// After each round.
        step: Option<ExprId>,
        /// Each round.
        body: StmtId,
        /// A loop may have a name that `break` and `continue` give.
        name: Span,
    },
    /// `do … while`
    DoWhile {
        /// Each round.
        body: StmtId,
        /// After each round.
        test: ExprId,
        /// As in [`Stmt::Loop`].
        name: Span,
    },
    /// `switch`
    Switch {
        /// What is switched on.
        value: ExprId,
        /// Its body.
        body: StmtId,
        /// As in [`Stmt::Loop`].
        name: Span,
    },
    /// `case value:`, `default:`; the statement after it follows by itself.
    Case(Case),
    /// `name:`
    Label(Span),
    /// `goto name`; an empty name: computed.
    Goto(Span),
    /// `break`, with the loop's name or an empty one.
    Break(Span),
    /// `continue`, likewise.
    Continue(Span),
    /// `return`
    Return(Option<ExprId>),
    /// `;`, or something that was passed over.
    Empty,
}

/// What stands after `case`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `default:`
    Default,
    /// This constant.
    Value(Span),
    /// Something else: a range, a macro that stands for a label.
    Unread,
}

/// A function definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// The name's tokens: one name, or a macro's use such as `__C(X,_load_uio)`.
    pub name: Span,
    /// What it returns.
    pub ty: Type,
    /// Parameters, in [`Ast::decls`].
    pub params: List,
    /// An [`Stmt::Block`].
    pub body: StmtId,
    /// From its head to its last brace.
    pub span: Span,
    /// Known in its file only.
    pub is_static: bool,
}

/// Something the parser passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skip {
    /// Where.
    pub span: Span,
    /// Why.
    pub reason: &'static str,
}

/// One parsed token stream.
#[derive(Debug, Default)]
pub struct Ast {
    /// Expressions.
    pub exprs: Vec<Expr>,
    /// Their places, brackets around them included.
    pub spans: Vec<Span>,
    /// Their places without brackets: the very token of a name or literal.
    pub own: Vec<Span>,
    /// How deep each is, so that no tree is deeper than a walker's stack.
    pub depths: Vec<u16>,
    /// Statements.
    pub stmts: Vec<Stmt>,
    /// Pool of lists of expressions or statements.
    pub lists: Vec<u32>,
    /// Pool of declarations.
    pub decls: Vec<Decl>,
    /// Structs and unions with bodies.
    pub aggregates: Vec<Aggregate>,
    /// Function definitions.
    pub functions: Vec<Function>,
    /// Declarations outside functions.
    pub globals: Vec<Decl>,
    /// What was passed over.
    pub skips: Vec<Skip>,
}

impl Ast {
    /// The expression.
    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id as usize]
    }

    /// Its place.
    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id as usize]
    }

    /// Its place without brackets around it: of a name, the name.
    pub fn own(&self, id: ExprId) -> Span {
        self.own[id as usize]
    }

    /// The statement.
    pub fn stmt(&self, id: StmtId) -> Stmt {
        self.stmts[id as usize]
    }

    /// A list of expressions or statements.
    pub fn list(&self, list: List) -> &[u32] {
        &self.lists[list.start as usize..list.end as usize]
    }

    /// A list of declarations.
    pub fn decls(&self, list: List) -> &[Decl] {
        &self.decls[list.start as usize..list.end as usize]
    }

    /// Forgets everything but keeps the memory.
    pub fn clear(&mut self) {
        let Ast { exprs, spans, own, depths, stmts, lists, decls, aggregates, functions, globals, skips } = self;
        exprs.clear();
        spans.clear();
        own.clear();
        depths.clear();
        stmts.clear();
        lists.clear();
        decls.clear();
        aggregates.clear();
        functions.clear();
        globals.clear();
        skips.clear();
    }

    /// Calls `f` with each direct operand of an expression, in the order of evaluation as written.
    pub fn operands(&self, id: ExprId, f: &mut dyn FnMut(ExprId)) {
        match self.expr(id) {
            Expr::Name | Expr::Literal | Expr::TypeArg { .. } | Expr::Unread | Expr::Block { .. } => {}
            Expr::Member { base, .. } => f(base),
            Expr::Index { base, index } => {
                f(base);
                f(index);
            }
            Expr::Call { callee, args } => {
                f(callee);
                self.list(args).iter().for_each(|&a| f(a));
            }
            Expr::Unary { operand, .. } | Expr::Cast { operand, .. } => f(operand),
            Expr::Sizeof { operand } => operand.into_iter().for_each(f),
            Expr::Binary { lhs, rhs, .. } | Expr::Assign { lhs, rhs, .. } => {
                f(lhs);
                f(rhs);
            }
            Expr::Choice { test, then, other } => {
                f(test);
                then.into_iter().for_each(&mut *f);
                f(other);
            }
            Expr::Compound { init, .. } => f(init),
            Expr::Init { items } => self.list(items).iter().for_each(|&a| f(a)),
            Expr::Asm { operands } => self.list(operands).iter().for_each(|&a| f(a)),
            Expr::Field { value, .. } => f(value),
        }
    }
}
