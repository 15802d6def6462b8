//! The objective, term by term, with the values, sliders and the experiment that belong to it.

use leptos::prelude::*;

use super::Panel;
use crate::ui::control::Control;
use crate::ui::paint::term_colour;
use crate::ui::{prose, state::Lab, text};

/// The terms of a formula: its summands, which stand in the order of the method's terms after the loss itself. What is in
/// parentheses, and what is defined behind the objective, is not taken apart.
pub fn terms(formula: &'static str) -> impl Iterator<Item = (usize, &'static str)> {
    (1..).zip(taken_apart(formula).0)
}

/// What is said behind the objective: what its symbols stand for.
pub fn definitions(formula: &'static str) -> &'static str {
    taken_apart(formula).1
}

fn taken_apart(formula: &str) -> (Vec<&str>, &str) {
    let (mut depth, mut from, mut end, mut parts) = (0, 0, formula.len(), vec![]);
    for (at, c) in formula.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' | ';' if depth == 0 => {
                end = at;
                break;
            }
            '+' if depth == 0 => {
                parts.push(formula[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(formula[from..end].trim());
    (parts, formula[end..].trim_start_matches([',', ';', ' ']))
}

#[component]
pub fn Objective() -> impl IntoView {
    let lab = Lab::get();
    let method = Memo::new(move |_| lab.setup.with(|s| s.method.clone()));
    let names =
        Memo::new(move |_| lab.run.with(|r| r.as_ref().and_then(|r| r.info.as_ref()).map(|i| i.terms.clone()).unwrap_or_default()));
    let value = move |i: usize| {
        lab.curves.track();
        lab.history.with_value(|h| h.train.last().and_then(|b| b.terms.get(i).copied()))
    };
    let body = move || {
        let card = method.with(|id| crate::catalog::card(id)).unwrap_or(crate::catalog::CARDS[0]);
        let rows = terms(card.formula).map(|(i, part)| {
            let lit = Memo::new(move |_| lab.pointed_term.get() == Some(i));
            let point = move |on: bool| lab.pointed_term.set(on.then_some(i));
            // A slider belongs to the terms that its symbol stands in.
            let sliders = card.params.iter().filter(|p| p.live && part.contains(p.label)).map(|spec| view! { <Control spec /> });
            let sliders = sliders.collect_view();
            view! {
                <div class="summand" class:lit=move || lit.get() tabindex="0" data-testid=format!("summand-{i}")
                    on:pointerenter=move |_| point(true) on:pointerleave=move |_| point(false)
                    on:focusin=move |_| point(true) on:focusout=move |_| point(false)>
                    <p class="formula">{(i > 1).then_some("+ ")}<span class=format!("term term-{}", term_colour(i))>{prose::typeset(part)}</span></p>
                    <p class="readout"><span>{move || names.with(|n| n.get(i).cloned())}</span>
                        <b>{move || value(i).map(|v| text::nats(v))}</b></p>
                    {sliders}
                </div>
            }
        });
        let rows = rows.collect_view();
        view! {
            <p class="method"><strong>{card.label}</strong>" — "{card.summary}</p>
            <div class="summands">{rows}</div>
            <p class="where">{prose::typeset(definitions(card.formula))}</p>
            <h3>{text::TRY}</h3>
            <p class="try">{prose::linked(card.try_this)}</p>
        }
    };
    view! { <Panel id="objective" help=text::OBJECTIVE_PANEL_HELP><div>{body}</div></Panel> }
}

#[cfg(test)]
mod tests {
    use super::{definitions, terms};

    #[test]
    fn only_summands_of_the_objective_are_terms() {
        let formula = "−log p(x|z) + λ·(a + b)²,  z = c + d; e";
        assert_eq!(terms(formula).collect::<Vec<_>>(), [(1, "−log p(x|z)"), (2, "λ·(a + b)²")]);
        assert_eq!(definitions(formula), "z = c + d; e");
        assert_eq!((terms("x").count(), definitions("x")), (1, ""));
    }
}
