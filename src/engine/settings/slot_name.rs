//! What a replication slot may be called.

/// Why a name is none for a slot, with the words of PostgreSQL 15's `ReplicationSlotValidateName`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotNameError {
    /// The SQLSTATE.
    pub code: &'static str,
    /// The server's message.
    pub message: String,
    /// Its hint.
    pub hint: Option<&'static str>,
}

/// `NAMEDATALEN`: names are shorter than this.
const NAME_BYTES: usize = 64;

/// Checks a slot's name.
///
/// # Errors
/// The server's, when it is too short, too long, or has other characters than lower case letters, digits and `_`.
pub fn check_slot_name(name: &str) -> Result<(), SlotNameError> {
    let fail = |code, what: &str, hint| {
        Err(SlotNameError { code, message: format!("replication slot name \"{name}\" {what}"), hint })
    };
    if name.is_empty() {
        return fail("42602", "is too short", None);
    }
    if name.len() >= NAME_BYTES {
        return fail("42622", "is too long", None);
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        let hint = "Replication slot names may only contain lower case letters, numbers, and the underscore character.";
        return fail("42602", "contains invalid character", Some(hint));
    }
    Ok(())
}
