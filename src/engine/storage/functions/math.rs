//! SQLite's mathematical functions (<https://sqlite.org/lang_mathfunc.html>) from a portable library: the C
//! library's differ in their last digits from one platform to another, and so would the rows computed with them.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

const FLAGS: FunctionFlags =
    FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC).union(FunctionFlags::SQLITE_INNOCUOUS);

type OfOne = fn(f64) -> f64;
type OfTwo = fn(f64, f64) -> f64;

/// Registers them.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let of_one: [(&str, OfOne); 20] = [
        ("acos", libm::acos),
        ("acosh", libm::acosh),
        ("asin", libm::asin),
        ("asinh", libm::asinh),
        ("atan", libm::atan),
        ("atanh", libm::atanh),
        ("cos", libm::cos),
        ("cosh", libm::cosh),
        ("degrees", |x| x * (180.0 / std::f64::consts::PI)),
        ("exp", libm::exp),
        ("ln", |x| positive(x, libm::log)),
        ("log", |x| positive(x, libm::log10)),
        ("log10", |x| positive(x, libm::log10)),
        ("log2", |x| positive(x, libm::log2)),
        ("radians", |x| x * (std::f64::consts::PI / 180.0)),
        ("sin", libm::sin),
        ("sinh", libm::sinh),
        ("sqrt", libm::sqrt),
        ("tan", libm::tan),
        ("tanh", libm::tanh),
    ];
    for (name, function) in of_one {
        connection.create_scalar_function(name, 1, FLAGS, move |context| {
            Ok(number(context, 0).map(function).filter(|result| !result.is_nan()))
        })?;
    }
    let of_two: [(&str, OfTwo); 5] = [
        ("atan2", libm::atan2),
        ("log", |base, x| positive(x, libm::log) / positive(base, libm::log)),
        ("mod", libm::fmod),
        ("pow", libm::pow),
        ("power", libm::pow),
    ];
    for (name, function) in of_two {
        connection.create_scalar_function(name, 2, FLAGS, move |context| {
            let (Some(a), Some(b)) = (number(context, 0), number(context, 1)) else { return Ok(None) };
            Ok(Some(function(a, b)).filter(|result| !result.is_nan()))
        })?;
    }
    // These keep integers as they are.
    let rounding: [(&str, OfOne); 4] =
        [("ceil", libm::ceil), ("ceiling", libm::ceil), ("floor", libm::floor), ("trunc", libm::trunc)];
    for (name, function) in rounding {
        connection.create_scalar_function(name, 1, FLAGS, move |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Integer(whole) => rusqlite::types::Value::Integer(whole),
                _ => number(context, 0).map(function).map_or(rusqlite::types::Value::Null, Into::into),
            })
        })?;
    }
    connection.create_scalar_function("pi", 0, FLAGS, |_| Ok(std::f64::consts::PI))
}

/// A logarithm, which SQLite gives for numbers above 0 only.
fn positive(x: f64, logarithm: fn(f64) -> f64) -> f64 {
    if x > 0.0 { logarithm(x) } else { f64::NAN }
}

/// An argument as a number; `None` for NULL, blobs and text that is no number, for which the result is NULL.
fn number(context: &Context<'_>, index: usize) -> Option<f64> {
    match context.get_raw(index) {
        #[expect(clippy::cast_precision_loss, reason = "as SQLite converts")]
        ValueRef::Integer(whole) => Some(whole as f64),
        ValueRef::Real(real) => Some(real),
        ValueRef::Text(text) => {
            std::str::from_utf8(text).ok()?.trim().parse::<f64>().ok().filter(|parsed| parsed.is_finite())
        }
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}
