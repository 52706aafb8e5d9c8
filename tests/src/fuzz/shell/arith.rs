//! Arithmetic expressions.

use super::Maker;

const NUMBERS: [&str; 27] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "08",
    "010",
    "0x1f",
    "0xg",
    "2#101",
    "36#z",
    "9223372036854775807",
    "1x",
    "99999999999999999999",
    "0X1F",
    "-9223372036854775808",
    "0",
    "077",
    "16#fF",
    "64#_@",
    "37#aA",
    "1#0",
    "65#1",
    "2#2",
    "0b11",
];

const BINARY: [&str; 18] =
    ["+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||"];

const ASSIGNMENTS: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="];

impl Maker {
    /// An expression as it stands in `$(( ))`.
    pub(super) fn expression(&mut self) -> String {
        if self.deep(5) {
            return self.operand();
        }
        let space = if self.random.chance(60) { " " } else { "" };
        self.nest(|maker| match maker.random.weighted(&[20, 30, 6, 6, 5, 5, 4, 2, 1, 2]) {
            0 => maker.operand(),
            1 => {
                let operator = maker.random.pick(&BINARY);
                format!("{}{space}{operator}{space}{}", maker.expression(), maker.expression())
            }
            2 => format!("({})", maker.expression()),
            3 => {
                let operator = maker.random.pick(&ASSIGNMENTS);
                format!("{}{space}{operator}{space}{}", maker.integer_name(), maker.expression())
            }
            4 => format!("{}{}", maker.random.pick(&["-", "!", "~", "+", "- ", "--", "++"]), maker.operand()),
            5 => format!(
                "{}{space}?{space}{}{space}:{space}{}",
                maker.expression(),
                maker.expression(),
                maker.expression()
            ),
            6 => format!("{}{}", maker.integer_name(), maker.random.pick(&["++", "--"])),
            7 => format!("{},{space}{}", maker.expression(), maker.expression()),
            8 => maker
                .random
                .pick(&["", " ", "1 +", "* 2", "(1", "1)", "1 2", "a b", "1 ? 2", "1 : 2", "$", "a ="])
                .into(),
            _ => format!("{}{space}**{space}{}", maker.operand(), maker.random.pick(&["0", "1", "2", "3", "62", "-1"])),
        })
    }

    fn integer_name(&mut self) -> &'static str {
        self.random.pick(&["i", "j", "k", "n", "u"])
    }

    fn operand(&mut self) -> String {
        match self.random.weighted(&[30, 30, 6, 2, 4, 2]) {
            0 => self.random.pick(&NUMBERS[..6]).into(),
            1 => self.integer_name().into(),
            2 => format!("${}", self.random.pick(&["i", "j", "n", "#", "?", "{#x}", "{u:-4}", "1"])),
            3 => self.random.pick(&["x", "a", "e", "IFS", "expr", "loop"]).into(),
            4 => self.random.pick(&NUMBERS).into(),
            _ if self.deep(4) => "5".into(),
            _ => format!("$(({}))", self.nest(Maker::expression)),
        }
    }
}
