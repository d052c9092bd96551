//! Statement texts. Each is written once, in the subset of SQL that both engines share; where
//! they must differ the statement carries both texts, so no caller ever asks for the engine.

/// One statement of the store.
#[derive(Debug)]
pub struct Statement {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// A module's name and its statements by name.
pub(crate) type StatementList = (&'static str, &'static [(&'static str, &'static Statement)]);

/// Declares the statements of a module and `STATEMENTS`, the list by which a test prepares every
/// one of them on both engines.
///
/// `NAME = "text";` is one text for both; `NAME = "text" postgres_tail "FOR UPDATE …";` appends
/// for PostgreSQL alone; `NAME = "…" postgres "…";` is two whole texts, SQLite's first.
macro_rules! statements {
    (@one $text:literal) => {
        $crate::driver::statement::Statement { sqlite: $text, postgres: $text }
    };
    (@one $text:literal postgres_tail $tail:literal) => {
        $crate::driver::statement::Statement {
            sqlite: $text,
            postgres: concat!($text, " ", $tail),
        }
    };
    (@one $sqlite:literal postgres $postgres:literal) => {
        $crate::driver::statement::Statement { sqlite: $sqlite, postgres: $postgres }
    };
    ($($name:ident = $text:literal $($kind:ident $other:literal)? ;)*) => {
        $(static $name: $crate::driver::statement::Statement =
            statements!(@one $text $($kind $other)?);)*
        /// Every statement of this module, for the test that prepares them all.
        pub(crate) static STATEMENTS: &[(&str, &$crate::driver::statement::Statement)] =
            &[$((stringify!($name), &$name)),*];
    };
}
pub(crate) use statements;
