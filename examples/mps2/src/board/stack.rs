//! How much stack was used: cortex-m-rt paints it before `main`.

/// Octets of stack that were used so far, at most.
pub fn stack_used() -> usize {
    unsafe extern "C" {
        static _stack_start: u32;
        static _stack_end: u32;
    }
    let (top, bottom) = (&raw const _stack_start as usize, &raw const _stack_end as usize);
    let is_paint = |at: &usize| {
        // SAFETY: it lies in the stack's region; below the stack pointer nothing changes meanwhile.
        unsafe { (*at as *const u32).read_volatile() == cortex_m_rt::STACK_PAINT_VALUE }
    };
    top - (bottom..top).step_by(4).find(|at| !is_paint(at)).unwrap_or(top)
}
