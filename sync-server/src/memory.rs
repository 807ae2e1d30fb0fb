//! What memory the process keeps that it does not use.

/// Blocks of this size and more go back to the machine when they are freed.
const GIVE_BACK_BYTES: i32 = 128 * 1024;
/// Where threads find their memory: each keeps what it was given. Two cores, two of them, is enough.
const ARENAS: i32 = 2;

/// Has glibc give back what is freed; to be called before there are threads. By itself it raises its thresholds to
/// the largest block that it ever saw freed and keeps what is smaller: packing the snapshot of a large plant left
/// fifty megabytes behind. Other allocators are left as they are.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "mallopt is a C function")]
pub fn give_back() {
    let options = [
        (libc::M_ARENA_MAX, ARENAS),
        (libc::M_MMAP_THRESHOLD, GIVE_BACK_BYTES),
        (libc::M_TRIM_THRESHOLD, GIVE_BACK_BYTES),
    ];
    for (option, value) in options {
        // SAFETY: it takes two numbers, and says with a third whether it did anything; it did not where it is 0.
        unsafe { libc::mallopt(option, value) };
    }
}

/// Nothing, where the allocator is another one.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub const fn give_back() {}
