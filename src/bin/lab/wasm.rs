//! WebAssembly modules made small for the way to the browser: functions in an order that compresses, short names, and nothing
//! that only tools read; places of panics are named less exactly.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ExportSection, FunctionSection, ImportSection, Instruction, Module};
use wasmparser::{
    BinaryReaderError, CodeSectionReader, CustomSectionReader, DataKind, Export, FunctionBody, FunctionSectionReader, Imports,
    Operator, Parser, Payload, TypeRef,
};

use crate::order;

/// How wasm-bindgen calls what closures are entered by.
const CLOSURE: &str = "wasm_bindgen__";

/// Short names for those that wasm-bindgen makes up for itself, in a module and in the JavaScript around it: of the functions
/// that the module asks of `script`, and of those through which closures are called.
///
/// # Errors
/// If that is no module.
pub fn short_names(module: &[u8], script: &str) -> Result<BTreeMap<String, String>, BinaryReaderError> {
    let mut long = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if import.module == script {
                        long.push(import.name);
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    long.extend(Some(export?.name).filter(|name| name.starts_with(CLOSURE)));
                }
            }
            _ => {}
        }
    }
    long.sort_unstable();
    long.dedup();
    Ok(long.into_iter().enumerate().map(|(i, name)| (name.to_owned(), format!("${i}"))).collect())
}

/// A script with other names: whole words only.
pub fn rename(script: &str, names: &BTreeMap<String, String>) -> String {
    let of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let inside = of_word(first);
        let end = rest.find(|c| of_word(c) != inside).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        out += names.get(piece).map_or(piece, String::as_str);
        rest = after;
    }
    out
}

/// The same module with its functions in the order of [`order::alike`], other names, and no custom sections.
///
/// LLVM gives every function of a module the features that any of them asks for. Where the whole engine is one module, relaxed SIMD thus
/// gets into all parts, and Safari reads none of these. Only the part that multiplies and adds at once was meant to have it: elsewhere
/// instructions become those of plain SIMD, whose results are among the allowed ones.
///
/// # Errors
/// If that is no module.
pub fn pack(module: &[u8], names: &BTreeMap<String, String>) -> Done<Vec<u8>> {
    let (mut imported, mut relaxed) = (0, false);
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                for op in body.get_operators_reader()? {
                    relaxed |= matches!(op?, Operator::F32x4RelaxedMadd);
                }
                bodies.push(body.as_bytes());
            }
            _ => {}
        }
    }
    let order = order::alike(&bodies);
    let mut place = vec![0; order.len()];
    for (new, &old) in (imported..).zip(&order) {
        place[old] = new;
    }
    let mut packed = Module::new();
    Packer { imported, order, place, names, relaxed }.parse_core_module(&mut packed, Parser::new(0), module)?;
    let mut packed = packed.finish();
    forget_places(&mut packed)?;
    Ok(packed)
}

/// Longest name of a file, largest line and column of a place that a panic names.
const LONGEST: usize = 200;
const MOST: [u32; 2] = [100_000, 2_000];

/// Sets to zero the column of each place that a panic names, and the line where the file is none of our own: numbers that no two places share
/// and nobody asks for, which are five kilobytes of a first visit. In memory a place is the address and the length of the file's name,
/// line and column.
fn forget_places(module: &mut [u8]) -> Result<(), BinaryReaderError> {
    // Memory that has its content from the module: its first address, and the content's place there.
    let mut content: Vec<(u32, Range<usize>)> = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(segments) = payload? else { continue };
        for segment in segments {
            let segment = segment?;
            if let DataKind::Active { memory_index: 0, offset_expr } = segment.kind
                && let Operator::I32Const { value } = offset_expr.get_operators_reader().read()?
            {
                let end = segment.range.end as usize;
                content.push((value.cast_unsigned(), end - segment.data.len()..end));
            }
        }
    }
    let mut places = Vec::new();
    let bytes = |address: u32, len: usize| {
        let from = |(first, at): &(u32, Range<usize>)| Some(at.start + usize::try_from(address.checked_sub(*first)?).ok()?);
        let within = |at: &Range<usize>, from: usize| from >= at.start && from + len <= at.end;
        content.iter().find_map(|own| from(own).filter(|from| within(&own.1, *from))).map(|from| &module[from..from + len])
    };
    let word = |at: usize| module.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    for (first, at) in &content {
        let aligned = at.start + first.next_multiple_of(4).wrapping_sub(*first) as usize;
        for here in (aligned..at.end.saturating_sub(15)).step_by(4) {
            let [address, len, line, column] = [0, 4, 8, 12].map(|i| word(here + i));
            let sound = (1..=LONGEST).contains(&(len as usize)) && (1..MOST[0]).contains(&line) && (1..MOST[1]).contains(&column);
            if let Some(name) = bytes(address, len as usize).filter(|name| sound && name.ends_with(b".rs")) {
                places.push((here, name.starts_with(b"src/")));
            }
        }
    }
    for (here, own) in places {
        module[here + if own { 12 } else { 8 }..here + 16].fill(0);
    }
    Ok(())
}

struct Packer<'a> {
    /// Functions that come from outside; they are numbered first, and stay.
    imported: u32,
    /// The old places of the module's own functions, counted without those, in the new order.
    order: Vec<usize>,
    /// The new numbers of the module's own functions, in the old order.
    place: Vec<u32>,
    names: &'a BTreeMap<String, String>,
    /// It is fetched only by browsers with relaxed SIMD.
    relaxed: bool,
}

impl Packer<'_> {
    fn name<'n>(&'n self, old: &'n str) -> &'n str {
        self.names.get(old).map_or(old, String::as_str)
    }
}

type Done<T = ()> = Result<T, Error<Infallible>>;

impl Reencode for Packer<'_> {
    type Error = Infallible;

    fn function_index(&mut self, old: u32) -> Done<u32> {
        Ok(old.checked_sub(self.imported).map_or(old, |own| self.place[own as usize]))
    }

    fn parse_function_section(&mut self, functions: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Done {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for &old in &self.order {
            functions.function(types[old]);
        }
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Done {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        self.order.clone().into_iter().try_for_each(|old| self.parse_function_body(code, bodies[old].clone()))
    }

    fn parse_imports(&mut self, section: &mut ImportSection, imports: Imports<'_>) -> Done {
        let Imports::Single(_, import) = imports else { return utils::parse_imports(self, section, imports) };
        let ty = self.entity_type(import.ty)?;
        section.import(import.module, self.name(import.name), ty);
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Done {
        let (kind, index) = (self.export_kind(export.kind)?, self.external_index(export.kind, export.index)?);
        exports.export(self.name(export.name), kind, index);
        Ok(())
    }

    fn instruction<'a>(&mut self, op: Operator<'a>) -> Done<Instruction<'a>> {
        if self.relaxed {
            return utils::instruction(self, op);
        }
        Ok(match op {
            Operator::F32x4RelaxedMin => Instruction::F32x4Min,
            Operator::F32x4RelaxedMax => Instruction::F32x4Max,
            Operator::F64x2RelaxedMin => Instruction::F64x2Min,
            Operator::F64x2RelaxedMax => Instruction::F64x2Max,
            Operator::I8x16RelaxedSwizzle => Instruction::I8x16Swizzle,
            Operator::I32x4RelaxedTruncF32x4S => Instruction::I32x4TruncSatF32x4S,
            Operator::I32x4RelaxedTruncF32x4U => Instruction::I32x4TruncSatF32x4U,
            Operator::I32x4RelaxedTruncF64x2SZero => Instruction::I32x4TruncSatF64x2SZero,
            Operator::I32x4RelaxedTruncF64x2UZero => Instruction::I32x4TruncSatF64x2UZero,
            Operator::I8x16RelaxedLaneselect
            | Operator::I16x8RelaxedLaneselect
            | Operator::I32x4RelaxedLaneselect
            | Operator::I64x2RelaxedLaneselect => Instruction::V128Bitselect,
            other => utils::instruction(self, other)?,
        })
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Done {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three functions, of which the last calls the others, one of them by the way of a table; and an imported one.
    const MODULE: &[u8] = &[
        0x00, b'a', b's', b'm', 1, 0, 0, 0, //
        0, 5, 4, b'n', b'o', b't', b'e', // custom
        1, 5, 1, 0x60, 0, 1, 0x7f, // type 0: () -> i32
        2, 11, 1, 4, b'.', b'/', b'a', b'b', 2, b'_', b'f', 0, 0, // import ./ab _f
        3, 4, 3, 0, 0, 0, // functions
        4, 4, 1, 0x70, 0, 1, // table of 1
        7, 8, 1, 4, b'm', b'a', b'i', b'n', 0, 3, // export function 3
        9, 7, 1, 0, 0x41, 0, 0x0b, 1, 1, // table[0] = function 1
        10, 25, 3, //
        4, 0, 0x41, 7, 0x0b, // 7
        4, 0, 0x41, 5, 0x0b, // 5
        13, 0, 0x41, 0, 0x11, 0, 0, 0x10, 2, 0x6a, 0x1a, 0x10, 0, 0x0b, // (f1 via table) + f2; import
    ];

    /// Numbers of the functions that are called, exported or in the table, as the bodies that they stand for.
    fn meaning(module: &[u8]) -> (Vec<Vec<u8>>, Vec<String>) {
        let mut bodies = Vec::new();
        let (mut exported, mut in_table, mut names) = (0, 0, Vec::new());
        for payload in Parser::new(0).parse_all(module) {
            match payload.unwrap() {
                Payload::ImportSection(imports) => names.extend(imports.into_imports().map(|i| i.unwrap().name.to_owned())),
                Payload::ExportSection(exports) => exported = exports.into_iter().next().unwrap().unwrap().index,
                Payload::ElementSection(elements) => {
                    let element = elements.into_iter().next().unwrap().unwrap();
                    let wasmparser::ElementItems::Functions(functions) = element.items else { panic!("other elements") };
                    in_table = functions.into_iter().next().unwrap().unwrap();
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                Payload::CustomSection(section) => names.push(section.name().to_owned()),
                _ => {}
            }
        }
        let main = bodies[exported as usize - 1].clone();
        let called = main[main.len() - 6];
        (vec![bodies[in_table as usize - 1].clone(), bodies[usize::from(called) - 1].clone()], names)
    }

    #[test]
    fn functions_are_found_wherever_they_went() {
        let (before, names) = meaning(MODULE);
        assert_eq!((before[0][2], before[1][2]), (7, 5));
        assert_eq!(names, ["note", "_f"]);
        for order in [vec![0, 1, 2], vec![2, 0, 1], vec![1, 2, 0]] {
            let mut place = vec![0; 3];
            (1..).zip(&order).for_each(|(new, &old)| place[old] = new);
            let mut moved = Module::new();
            let names = BTreeMap::from([("_f".to_owned(), "$0".to_owned())]);
            let mut packer = Packer { imported: 1, order, place, names: &names, relaxed: false };
            packer.parse_core_module(&mut moved, Parser::new(0), MODULE).unwrap();
            let (after, names) = meaning(&moved.finish());
            assert_eq!(after, before);
            assert_eq!(names, ["$0"]);
        }
        assert!(pack(&MODULE[..MODULE.len() - 1], &BTreeMap::new()).is_err());
        assert!(pack(b"<!doctype html>", &BTreeMap::new()).is_err());
    }

    #[test]
    fn relaxed_simd_stays_in_the_part_that_was_meant_to_have_it() {
        use wasm_encoder::{Function, FunctionSection, TypeSection, ValType};

        let module = |instructions: &[Instruction<'_>]| {
            let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
            types.ty().function([ValType::V128; 3], [ValType::V128]);
            functions.function(0);
            let mut function = Function::new([]);
            for i in [&[Instruction::LocalGet(0), Instruction::LocalGet(1), Instruction::LocalGet(2)], instructions].concat() {
                function.instruction(&i);
            }
            code.function(function.instruction(&Instruction::End));
            let mut module = Module::new();
            module.section(&types).section(&functions).section(&code);
            pack(&module.finish(), &BTreeMap::new()).unwrap()
        };
        let reads = |module: &[u8], relaxed: bool| {
            let mut features = wasmparser::WasmFeatures::default();
            features.set(wasmparser::WasmFeatures::RELAXED_SIMD, relaxed);
            wasmparser::Validator::new_with_features(features).validate_all(module).is_ok()
        };
        let plain = module(&[Instruction::F32x4RelaxedMin, Instruction::F32x4RelaxedMax]);
        assert!(reads(&plain, false));
        assert_eq!(plain, module(&[Instruction::F32x4Min, Instruction::F32x4Max]));
        assert!(reads(&module(&[Instruction::I32x4RelaxedLaneselect]), false));
        let fused = module(&[Instruction::F32x4RelaxedMadd]);
        assert!(reads(&fused, true) && !reads(&fused, false));
    }

    #[test]
    fn panics_keep_their_files_and_the_lines_of_our_own() {
        use wasm_encoder::{ConstExpr, DataSection};

        // At 1,024 two names, behind them places of both, a number that looks like none, and a place in a file that is not there.
        let names = b"src/engine/plan.rs--burn-ir/src/node.rs-";
        let words: [[u32; 4]; 4] = [[1024, 18, 77, 9], [1044, 19, 88, 10], [1024, 17, 99, 11], [4096, 18, 66, 12]];
        let data: Vec<u8> = names.iter().copied().chain(words.iter().flatten().flat_map(|word| word.to_le_bytes())).collect();
        let mut section = DataSection::new();
        section.active(0, &ConstExpr::i32_const(1024), data.iter().copied());
        let mut module = Module::new();
        module.section(&section);
        let mut module = module.finish();
        forget_places(&mut module).unwrap();
        let kept: Vec<u32> =
            module[module.len() - 64..].chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        assert_eq!(kept, [[1024, 18, 77, 0], [1044, 19, 0, 0], words[2], words[3]].concat());
        assert!(module.windows(names.len()).any(|bytes| bytes == names));
    }

    #[test]
    fn names_are_shortened_on_both_sides() {
        let names = short_names(MODULE, "./ab").unwrap();
        assert_eq!(names, BTreeMap::from([("_f".to_owned(), "$0".to_owned())]));
        assert_eq!(rename("({ _f: _f2 => x._f(`é`) })", &names), "({ $0: _f2 => x.$0(`é`) })");
        assert_eq!(short_names(MODULE, "./other").unwrap(), BTreeMap::new());
    }
}
