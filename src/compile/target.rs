//! What kernels are made for.

/// Invocations of a workgroup that works together.
pub(super) const LANES: usize = 256;

/// Most turns of one loop in an invocation. Mesa's software adapters leave all loops, without a word, once an invocation has
/// taken 65,535 turns of them together: a quarter is left to those around this one and inside it.
pub(super) const TURNS: usize = 48 << 10;

/// What kind of adapter the kernels are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Invocations in a workgroup.
    pub workgroup: usize,
    /// Rows and columns of the register tile of a matrix product.
    pub tile: [usize; 2],
    /// Steps of the inner loop written out.
    pub unroll: usize,
    /// Invocations that keep the adapter busy: smaller work is split.
    pub busy: usize,
    /// Workgroups that keep the adapter busy: smaller kernels use fewer lanes of each.
    pub groups: usize,
    /// Elements that one invocation of a long elementwise kernel takes.
    pub each: usize,
    /// Whether a tile's results are stored in a loop rather than one by one: less text to compile, for adapters that
    /// compile slowly and whose local arrays are memory anyway.
    pub compact: bool,
    /// Whether four neighbouring invocations share what they load for a matrix product (WGSL `quadSwap*`). On a software
    /// adapter a load costs as much as fifteen multiplications, a swap as much as two or three.
    pub quads: bool,
    /// Most rows, and columns, of lanes that have a tile of a matrix product together, through workgroup memory; zero where each
    /// invocation has tiles of its own.
    pub side: usize,
    /// Whether lanes of a workgroup walk along one row together in sums and the like, rather than each along its own.
    pub together: bool,
}

impl Target {
    /// A software adapter: few cores, no use for workgroup memory, every dispatch and every load counts.
    pub const SOFTWARE: Self = Self {
        workgroup: 64,
        tile: [8, 8],
        unroll: 2,
        busy: 64,
        groups: 8,
        each: 4,
        compact: true,
        quads: false,
        side: 0,
        together: false,
    };
    /// [`Self::SOFTWARE`] where subgroup operations are at hand.
    pub const SOFTWARE_QUADS: Self = Self { tile: [4, 4], quads: true, ..Self::SOFTWARE };
    /// A graphics card.
    pub const GPU: Self = Self { side: 8, ..Self::GPU_REGISTERS };
    /// [`Self::GPU`] with larger tiles where a product has enough of them.
    pub const GPU_LARGE: Self = Self { side: 16, ..Self::GPU_REGISTERS };
    /// [`Self::GPU`] whose products need no workgroup memory.
    pub const GPU_REGISTERS: Self = Self {
        workgroup: 64,
        tile: [4, 4],
        unroll: 4,
        busy: 16_384,
        groups: 1,
        each: 1,
        compact: false,
        quads: false,
        side: 0,
        together: true,
    };
    /// All kinds, for tests and for timing one against another.
    pub const ALL: [Self; 5] = [Self::SOFTWARE, Self::SOFTWARE_QUADS, Self::GPU, Self::GPU_LARGE, Self::GPU_REGISTERS];

    /// How its matrix products are computed, in words.
    pub fn name(self) -> String {
        let [rows, columns] = self.tile;
        match (self.side, self.quads) {
            (1.., _) => format!("workgroup tiles {0} × {0}", 4 * self.side),
            (_, true) => format!("register tiles {rows} × {columns} in quads"),
            _ => format!("register tiles {rows} × {columns}"),
        }
    }
}
