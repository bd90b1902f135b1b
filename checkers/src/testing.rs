//! Histories by hand: operations in any order, sorted and made into views by
//! [`Story::history`]. Times are milliseconds; elements are small integers.

use crate::history::{
    Cause, Element, Elements, History, Nanos, NodeRecord, Operation, Outcome, Phase, Value, Views,
};

pub fn ms(milliseconds: u64) -> Nanos {
    milliseconds * 1_000_000
}

/// When an operation was invoked and completed, and how.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub invoked: u64,
    pub completed: Option<u64>,
    pub outcome: Outcome,
}

pub fn ok(invoked: u64, completed: u64) -> Span {
    Span {
        invoked,
        completed: Some(completed),
        outcome: Outcome::Ok,
    }
}

pub fn fail(invoked: u64, completed: u64) -> Span {
    Span {
        invoked,
        completed: Some(completed),
        outcome: Outcome::Fail,
    }
}

pub fn info(invoked: u64, completed: u64) -> Span {
    Span {
        invoked,
        completed: Some(completed),
        outcome: Outcome::Info,
    }
}

pub fn pending(invoked: u64) -> Span {
    Span {
        invoked,
        completed: None,
        outcome: Outcome::Pending,
    }
}

#[derive(Clone, Debug)]
pub struct Story {
    pub nodes: Vec<NodeRecord>,
    pub elements: Elements,
    /// Operations, and the full list of an ok set read.
    pub operations: Vec<(Operation, Option<Vec<Element>>)>,
    /// The incarnation of operations added from now on, per node.
    pub incarnations: Vec<u32>,
}

impl Story {
    pub fn new(nodes: usize) -> Story {
        let mut elements = Elements::default();
        for element in 0..64 {
            elements.intern_int(element);
        }
        let record = |index| NodeRecord {
            name: format!("n{index}"),
            judged: true,
        };
        Story {
            nodes: (0..nodes).map(record).collect(),
            elements,
            operations: Vec::new(),
            incarnations: vec![0; nodes],
        }
    }

    pub fn operation(
        &mut self,
        node: usize,
        f: &'static str,
        input: Value,
        span: Span,
        output: Value,
    ) {
        self.push(node, f, Phase::Main, input, span, output, None);
    }

    pub fn add(&mut self, node: usize, element: Element, span: Span) {
        while self.elements.len() <= element as usize {
            self.elements.intern_int(self.elements.len() as u64);
        }
        self.push(
            node,
            "add",
            Phase::Main,
            Value::Element(element),
            span,
            Value::Nothing,
            None,
        );
    }

    pub fn read(&mut self, node: usize, phase: Phase, span: Span, list: &[Element]) {
        self.push(
            node,
            "read",
            phase,
            Value::Nothing,
            span,
            Value::Nothing,
            Some(list.to_vec()),
        );
    }

    pub fn count(&mut self, node: usize, phase: Phase, span: Span, value: i64) {
        self.push(
            node,
            "read",
            phase,
            Value::Nothing,
            span,
            Value::Int(value),
            None,
        );
    }

    #[allow(clippy::too_many_arguments)]
    fn push(
        &mut self,
        node: usize,
        f: &'static str,
        phase: Phase,
        input: Value,
        span: Span,
        output: Value,
        list: Option<Vec<Element>>,
    ) {
        let cause = match span.outcome {
            Outcome::Fail => Some("abort"),
            Outcome::Info => Some("timeout"),
            Outcome::Ok | Outcome::Pending => None,
        };
        let operation = Operation {
            process: self.operations.len() as u64,
            node,
            incarnation: self.incarnations[node],
            phase,
            f,
            input,
            invoked: ms(span.invoked),
            completed: span.completed.map(ms),
            outcome: span.outcome,
            output: if span.outcome == Outcome::Ok {
                output
            } else {
                Value::Nothing
            },
            cause: cause.map(|kind| Cause {
                kind: kind.into(),
                text: String::new(),
            }),
        };
        let list = list.filter(|_| span.outcome == Outcome::Ok);
        self.operations.push((operation, list));
    }

    /// The operations in the order of invocation and their completions in order.
    /// Where times are equal the order of addition decides.
    pub fn history(&self) -> History {
        let mut operations = self.operations.clone();
        operations.sort_by_key(|(operation, _)| operation.invoked);
        let ended = |&index: &usize| operations[index].0.completed.is_some();
        let mut completions: Vec<usize> = (0..operations.len()).filter(ended).collect();
        completions.sort_by_key(|&index| operations[index].0.completed);
        let mut views = Views::default();
        for &index in &completions {
            let (operation, list) = &mut operations[index];
            if let Some(list) = list {
                operation.output = Value::View(views.observe(operation.node, list));
            }
        }
        History {
            nodes: self.nodes.clone(),
            operations: operations
                .into_iter()
                .map(|(operation, _)| operation)
                .collect(),
            completions,
            elements: self.elements.clone(),
        }
    }

    /// The lists of ok reads, in the order of [`History::operations`].
    pub fn lists(&self) -> Vec<Option<Vec<Element>>> {
        let mut operations: Vec<_> = self.operations.iter().collect();
        operations.sort_by_key(|(operation, _)| operation.invoked);
        operations
            .into_iter()
            .map(|(_, list)| list.clone())
            .collect()
    }
}
