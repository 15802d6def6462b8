//! Each call as an expression of PyTorch.

use latent_compile::graph::{Binary, Conv, Unary};
use latent_compile::loops::reduction::Reduction;

use super::expr::{Expr, Level, number};
use super::function::Function;
use super::layers::place;
use crate::code::{Do, Number, Reduced, Size, Value, apart, fixed};
use crate::names::{self, list};

/// Most recorded numbers that are written out.
const MOST: usize = 4096;

impl Function<'_> {
    /// The expression of a value, of the expressions of its arguments.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn expression(&mut self, of: usize) -> Result<Expr, String> {
        let code = self.code;
        let Value { of: call, args, dims, kind } = &code.values[of];
        let of_first = args.first().map_or(&[][..], |arg| &code.values[*arg].dims[..]);
        let x = args.first().map_or_else(|| Expr::whole(String::new()), |arg| self.arg(*arg));
        let layer = x.layer;
        let mut made = match call {
            Do::Input(name) | Do::Noise(name, _) => Expr::whole(name.clone()),
            Do::Weight(name) if self.layers.is_linear(name) => Expr::whole(format!("{}.T", place(name))),
            Do::Weight(name) => Expr::whole(place(name)),
            Do::Control(key, _) => Expr::whole(format!("self.{}", self.layers.control(key))),
            Do::Data(data) => self.data(data, dims)?,
            Do::Number(Number::Fixed(n)) if *n < 0.0 => Expr::at(Level::Sign, number(*n)),
            Do::Number(Number::Fixed(n)) => Expr::whole(number(*n)),
            Do::Number(n) => {
                let rows = self.size(Size { at: 0, each: 1 });
                let text = match n {
                    Number::Times(1.0) => return Ok(Expr::whole(rows)),
                    Number::Times(n) => format!("{} * {rows}", number(*n)),
                    Number::OverLess(n) => format!("{} / ({rows} - 1)", number(*n)),
                    Number::Over(n) | Number::Fixed(n) => format!("{} / {rows}", number(*n)),
                };
                Expr::at(Level::Product, text)
            }
            Do::Count => {
                let n = self.size(dims[0]);
                Expr::whole(format!("torch.arange({n}, device={})", self.device()))
            }
            Do::Cast => {
                let to = match kind {
                    crate::code::Kind::Float => "float()",
                    crate::code::Kind::Truth => "bool()",
                    crate::code::Kind::Index => "long()",
                };
                self.tensor(args[0]).dot(to)
            }
            Do::Unary(f) => unary(*f, &self.tensor(args[0])),
            Do::Binary(f) => self.binary(*f, [args[0], args[1]])?,
            Do::Where => {
                let [a, b, c] = [0, 1, 2].map(|i| self.arg(args[i]).text);
                Expr::whole(format!("torch.where({a}, {b}, {c})"))
            }
            Do::Detach => self.tensor(args[0]).dot("detach()"),
            // A number of Python has no shape.
            Do::Reshape if self.is_number(args[0]) => x,
            Do::Reshape => {
                let shape = self.shape(dims);
                x.dot(&format!("reshape({shape})"))
            }
            Do::Permute(axes) if axes[..] == [1, 0] => x.dot("T"),
            Do::Permute(axes) => x.dot(&format!("permute({})", list(axes))),
            Do::Expand => {
                let shape: Vec<String> = dims.iter().map(|d| self.size(*d)).collect();
                if self.is_number(args[0]) {
                    Expr::whole(format!("torch.full([{}], {}, device={})", shape.join(", "), x.text, self.device()))
                } else {
                    x.dot(&format!("expand({})", shape.join(", ")))
                }
            }
            Do::Slice { start, step } => {
                let text = self.slice([of_first, dims], start, step);
                Expr::whole(format!("{}[{text}]", x.within(Level::Whole)))
            }
            Do::Pad { before, behind } => {
                let mut pads: Vec<String> = vec![];
                let first = (0..before.len()).find(|i| before[*i] != Size::fixed(0) || behind[*i] != Size::fixed(0)).unwrap_or(0);
                for i in (first..before.len()).rev() {
                    pads.extend([self.size(before[i]), self.size(behind[i])]);
                }
                Expr::whole(format!("F.pad({}, ({}))", x.text, pads.join(", ")))
            }
            Do::Flip(axis) => x.dot(&format!("flip({axis})")),
            Do::Concat(axis) => {
                let parts: Vec<String> = args.iter().map(|arg| self.tensor(*arg).text).collect();
                Expr::whole(format!("torch.cat([{}], {axis})", parts.join(", ")))
            }
            Do::MatMul => self.product([args[0], args[1]]),
            Do::Linear | Do::Conv(_) | Do::ConvTranspose(..) => self.layer(of),
            Do::Rows(0) => {
                let index = self.arg(args[1]).text;
                Expr::whole(format!("{}[{index}]", x.within(Level::Whole)))
            }
            Do::Rows(axis) => x.dot(&format!("index_select({axis}, {})", self.arg(args[1]).text)),
            Do::Gather(axis) => x.dot(&format!("gather({axis}, {})", self.arg(args[1]).text)),
            Do::Reduce { of, axes, keep } => reduce(&self.tensor(args[0]), *of, axes, *keep, of_first.len()),
            Do::Arg { largest, axis, keep } => {
                let name = if *largest { "argmax" } else { "argmin" };
                x.dot(&format!("{name}({axis}{})", kept(*keep)))
            }
            Do::Kth => {
                let n = self.size(of_first[of_first.len() - 1]);
                let k = match self.arg(args[1]).text.parse::<f32>() {
                    Ok(k) => format!("{}", k.round_ties_even().clamp(1.0, n.parse().unwrap_or(f32::MAX))),
                    Err(_) if self.is_number(args[1]) => format!("max(1, min(round({}), {n}))", self.arg(args[1]).text),
                    Err(_) => format!("int({}.round().clamp(1, {n}))", self.arg(args[1]).within(Level::Whole)),
                };
                x.dot(&format!("detach().topk({k}).values[..., -1:]"))
            }
            Do::Rank(axis) => x.dot(&format!("argsort(dim={axis}, descending=True, stable=True).argsort({axis})")),
            Do::CumSum(axis, false) => x.dot(&format!("cumsum({axis})")),
            Do::CumSum(axis, true) => x.dot(&format!("flip({axis}).cumsum({axis}).flip({axis})")),
            Do::ScatterAdd(axis) => {
                let shape: Vec<String> = dims.iter().map(|d| self.size(*d)).collect();
                let zeros = format!("torch.zeros({}, device={})", shape.join(", "), self.device());
                let added = self.arg(args[1]).text;
                Expr::whole(format!("{zeros}.scatter_add({axis}, {}, {added})", x.text))
            }
        };
        made.layer = names::layer(code, of).is_some() || (layer && matches!(call, Do::Unary(_) | Do::Reshape | Do::Permute(_)));
        Ok(made)
    }

    /// Whether a value is one over the rows of the batch.
    fn is_share(&self, of: usize) -> bool {
        self.code.values[of].of == Do::Number(Number::Over(1.0))
    }

    fn data(&self, data: &[f32], dims: &[Size]) -> Result<Expr, String> {
        if data.len() > MOST {
            return Err(format!("{} has {} recorded numbers: at most {MOST} are written out", self.code.name, data.len()));
        }
        let all: Vec<String> = data.iter().map(|n| number(*n)).collect();
        let flat = Expr::whole(format!("torch.tensor([{}], device={})", all.join(", "), self.device()));
        let dims: Option<Vec<usize>> = dims.iter().map(|d| fixed(*d)).collect();
        let dims = dims.ok_or("recorded data are as large as the batch")?;
        Ok(if dims.len() == 1 { flat } else { flat.dot(&format!("reshape({})", list(&dims))) })
    }

    fn product(&self, args: [usize; 2]) -> Expr {
        let [a, b] = [self.arg(args[0]).within(Level::Product), self.arg(args[1]).within(Level::Sign)];
        Expr::at(Level::Product, format!("{a} @ {b}"))
    }

    /// A layer of the module, or the function behind it where the module has none.
    fn layer(&self, of: usize) -> Expr {
        let Value { of: call, args, .. } = &self.code.values[of];
        let x = self.arg(args[0]).text;
        if let Some(name) = names::layer(self.code, of).filter(|name| self.layers.is_layer(name)) {
            return Expr::whole(format!("{}({x})", place(name)));
        }
        let (w, b) = (self.arg(args[1]).text, args.get(2).map(|b| self.arg(*b)));
        let bias = b.as_ref().map_or(String::new(), |b| format!(", {}", b.text));
        let geometry = |c: &Conv| format!("stride={:?}, padding={:?}, dilation={:?}", c.stride, c.padding, c.dilation);
        match call {
            Do::Conv(c) => Expr::whole(format!("F.conv2d({x}, {w}{bias}, {})", geometry(c))),
            Do::ConvTranspose(c, extra) => {
                Expr::whole(format!("F.conv_transpose2d({x}, {w}{bias}, {}, output_padding={extra:?})", geometry(c)))
            }
            _ => {
                let product = self.product([args[0], args[1]]);
                b.map_or(product.clone(), |b| Expr::at(Level::Sum, format!("{} + {}", product.text, b.within(Level::Product))))
            }
        }
    }

    fn binary(&self, f: Binary, args: [usize; 2]) -> Result<Expr, String> {
        let [a, b] = args.map(|arg| self.arg(arg));
        let infix = |level: Level, sign: &str, left: Level, right: Level| {
            Expr::at(level, format!("{} {sign} {}", a.within(left), b.within(right)))
        };
        Ok(match f {
            // The number that stands behind is easier to read.
            Binary::Add if b.text.starts_with('-') && b.level == Level::Sign => {
                Expr::at(Level::Sum, format!("{} - {}", a.within(Level::Sum), &b.text[1..]))
            }
            Binary::Add if a.text.starts_with('-') && a.level == Level::Sign => {
                Expr::at(Level::Sum, format!("{} - {}", b.within(Level::Sum), &a.text[1..]))
            }
            Binary::Add => infix(Level::Sum, "+", Level::Sum, Level::Product),
            Binary::Sub => infix(Level::Sum, "-", Level::Sum, Level::Product),
            Binary::Mul if args[0] == args[1] => a.dot("square()"),
            Binary::Mul if self.is_share(args[0]) => Expr::at(Level::Product, format!("{} / batch", b.within(Level::Product))),
            Binary::Mul if self.is_share(args[1]) => Expr::at(Level::Product, format!("{} / batch", a.within(Level::Product))),
            Binary::Mul => infix(Level::Product, "*", Level::Product, Level::Sign),
            Binary::Div => infix(Level::Product, "/", Level::Product, Level::Sign),
            Binary::Rem => infix(Level::Product, "%", Level::Product, Level::Sign),
            Binary::Pow => infix(Level::Power, "**", Level::Whole, Level::Whole),
            Binary::Min | Binary::Max => {
                let (word, bound) = if f == Binary::Min { ("minimum", "max") } else { ("maximum", "min") };
                let between = a.text.strip_suffix(')').and_then(|text| text.rsplit_once(".clamp(min="));
                match args.map(|arg| self.is_number(arg)) {
                    [false, true] if f == Binary::Min && between.is_some_and(|(_, least)| !least.contains(['(', ','])) => {
                        let (x, least) = between.unwrap_or_default();
                        Expr::whole(format!("{x}.clamp({least}, {})", b.text))
                    }
                    [false, true] => a.dot(&format!("clamp({bound}={})", b.text)),
                    [true, false] => b.dot(&format!("clamp({bound}={})", a.text)),
                    _ => Expr::whole(format!("torch.{word}({}, {})", self.tensor(args[0]).text, self.tensor(args[1]).text)),
                }
            }
            Binary::Eq => infix(Level::Compare, "==", Level::Sum, Level::Sum),
            Binary::Ne => infix(Level::Compare, "!=", Level::Sum, Level::Sum),
            Binary::Lt => infix(Level::Compare, "<", Level::Sum, Level::Sum),
            Binary::Le => infix(Level::Compare, "<=", Level::Sum, Level::Sum),
            Binary::Gt => infix(Level::Compare, ">", Level::Sum, Level::Sum),
            Binary::Ge => infix(Level::Compare, ">=", Level::Sum, Level::Sum),
            Binary::Advance { .. } => return Err("PyTorch has no operation for the order of all floats".into()),
        })
    }

    /// `dims`: of the argument, of the result.
    fn slice(&mut self, dims: [&[Size]; 2], start: &[Size], step: &[usize]) -> String {
        let [from, to] = dims;
        let mut all: Vec<String> = vec![];
        for axis in 0..to.len() {
            let (s, n, t) = (start[axis], to[axis], step[axis] as u64);
            let end = Size { at: s.at + n.at * t, each: s.each + n.each * t };
            let bound = |own: &mut Self, at: Size| match apart(at, from[axis]) {
                Some(below) if below < 0 && at.each > 0 => below.to_string(),
                _ => own.size(at),
            };
            let mut text = if s == Size::fixed(0) { String::new() } else { bound(self, s) };
            text += ":";
            if end.each != from[axis].each || end.at < from[axis].at {
                text += &bound(self, end);
            }
            if t > 1 {
                text += &format!(":{t}");
            }
            all.push(text);
        }
        while all.len() > 1 && all.last().is_some_and(|last| last == ":") {
            all.pop();
        }
        all.join(", ")
    }
}

fn kept(keep: bool) -> &'static str {
    if keep { ", keepdim=True" } else { "" }
}

fn unary(f: Unary, x: &Expr) -> Expr {
    match f {
        Unary::Neg => Expr::at(Level::Sign, format!("-{}", x.within(Level::Power))),
        Unary::Recip => Expr::at(Level::Product, format!("1 / {}", x.within(Level::Sign))),
        Unary::Not => Expr::at(Level::Sign, format!("~{}", x.within(Level::Power))),
        Unary::Relu => Expr::whole(format!("F.relu({})", x.text)),
        Unary::Softplus => Expr::whole(format!("F.softplus({})", x.text)),
        Unary::Sigmoid => Expr::whole(format!("torch.sigmoid({})", x.text)),
        Unary::Tanh => Expr::whole(format!("torch.tanh({})", x.text)),
        Unary::Exp => x.dot("exp()"),
        Unary::Log => x.dot("log()"),
        Unary::Log1p => x.dot("log1p()"),
        Unary::Sqrt => x.dot("sqrt()"),
        Unary::Abs => x.dot("abs()"),
        Unary::Sign => x.dot("sign()"),
        Unary::Sin => x.dot("sin()"),
        Unary::Cos => x.dot("cos()"),
        Unary::Floor => x.dot("floor()"),
        Unary::Ceil => x.dot("ceil()"),
        Unary::Round => x.dot("round()"),
        Unary::Erf => x.dot("erf()"),
        Unary::IsNan => x.dot("isnan()"),
        Unary::IsInf => x.dot("isinf()"),
    }
}

fn reduce(x: &Expr, of: Reduced, axes: &[usize], keep: bool, rank: usize) -> Expr {
    let name = match of {
        Reduced::Mean => "mean",
        Reduced::Plain(Reduction::Sum) => "sum",
        Reduced::Plain(Reduction::Max) => "amax",
        Reduced::Plain(Reduction::Min) => "amin",
        // Along one axis at a time, the last first.
        Reduced::Plain(Reduction::Prod) => {
            return axes.iter().rev().fold(x.clone(), |x, axis| x.dot(&format!("prod({axis}{})", kept(keep))));
        }
    };
    let along = match axes {
        _ if axes.len() == rank && !keep => String::new(),
        [one] => one.to_string(),
        _ => format!("({})", list(axes)),
    };
    x.dot(&format!("{name}({along}{})", kept(keep)))
}
