//! Server settings under the real systems' names, typed.
