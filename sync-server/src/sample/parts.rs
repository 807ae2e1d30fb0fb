//! What Riverside Works buys and makes.

use shared_model::material::{Procurement, Tracking};

pub(super) const FRAME: &str = "HT-200-F";
pub(super) const TRUCK: &str = "HT-200";
pub(super) const BENCH: &str = "WB-120";
pub(super) const TUBE: &str = "TUBE-25x2";
pub(super) const SHEET: &str = "SHEET-2.0";
pub(super) const COAT: &str = "COAT-RAL3020";
pub(super) const AXLE_SET: &str = "AX-SET-16";
pub(super) const AXLE: &str = "AXLE-16x450";
pub(super) const WHEEL: &str = "WHEEL-260";
pub(super) const CIRCLIP: &str = "DIN471-16";
pub(super) const GRIP: &str = "GRIP-25";
pub(super) const BOLT: &str = "M8x20-8.8";
pub(super) const NUT: &str = "M8-DIN985";
pub(super) const TOP: &str = "TOP-1200x700";
pub(super) const PLATE: &str = "PLATE-TYPE";

#[derive(Clone, Copy)]
pub(super) struct Part {
    pub number: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub category: &'static str,
    pub unit: &'static str,
    pub procurement: Procurement,
    pub tracking: Tracking,
    pub minimum_stock: i32,
}

const fn part(
    number: &'static str,
    name: &'static str,
    description: &'static str,
    category: &'static str,
    unit: &'static str,
    minimum_stock: i32,
) -> Part {
    let (procurement, tracking) = (Procurement::Purchase, Tracking::None);
    Part { number, name, description, category, unit, procurement, tracking, minimum_stock }
}

impl Part {
    const fn made(self) -> Self {
        Self { procurement: Procurement::Manufacture, ..self }
    }

    const fn in_lots(self) -> Self {
        Self { tracking: Tracking::Lot, ..self }
    }
}

pub(super) const PARTS: [Part; 15] = [
    part(TRUCK, "Hand truck 200 kg", "With pneumatic tires, red", "Products", "pcs", 10).made(),
    part(BENCH, "Workbench 1200", "Welded, with beech top", "Products", "pcs", 4).made(),
    part(FRAME, "Hand truck frame", "Welded and powder coated", "Assemblies", "pcs", 20).made(),
    part(AXLE_SET, "Axle set", "Axle, two wheels, two circlips", "Assemblies", "pcs", 0).made(),
    part(TUBE, "Steel tube 25 × 2", "E235, bars of 6 m", "Raw material/Tube", "m", 600).in_lots(),
    part(SHEET, "Steel sheet 2.0", "DC01, 1000 × 2000", "Raw material/Sheet", "kg", 400).in_lots(),
    part(COAT, "Powder coat red", "RAL 3020, polyester", "Raw material/Coating", "kg", 25).in_lots(),
    part(AXLE, "Axle 16 × 450", "C45, ground", "Bought parts/Wheels", "pcs", 60),
    part(WHEEL, "Pneumatic wheel 260", "Bore 16, 200 kg", "Bought parts/Wheels", "pcs", 120),
    part(CIRCLIP, "Circlip 16", "DIN 471", "Bought parts/Fasteners", "pcs", 500),
    part(GRIP, "Grip 25", "Black, ribbed", "Bought parts/Fittings", "pcs", 150),
    part(BOLT, "Bolt M8 × 20", "8.8, zinc plated", "Bought parts/Fasteners", "pcs", 2000),
    part(NUT, "Lock nut M8", "DIN 985, zinc plated", "Bought parts/Fasteners", "pcs", 2000),
    part(TOP, "Beech top 1200 × 700", "40 mm, oiled", "Bought parts/Fittings", "pcs", 10),
    part(PLATE, "Type plate", "Printed, self-adhesive", "Bought parts/Fittings", "pcs", 200),
];

/// Component, quantity, scrap in percent, operation, how it is consumed.
type Line = (&'static str, &'static str, &'static str, Option<u32>, Use);
/// Number, name, work center, minutes of setup and per piece, what to do.
type Step = (u32, &'static str, &'static str, &'static str, &'static str, &'static str);

pub(super) const BOMS: [(&str, &[Line]); 4] = [
    (
        FRAME,
        &[
            (TUBE, "3.2", "5", Some(10), Use::Backflush),
            (SHEET, "1.85", "8", Some(20), Use::Backflush),
            (COAT, "0.15", "10", Some(40), Use::Backflush),
        ],
    ),
    (
        AXLE_SET,
        &[
            (AXLE, "1", "0", None, Use::Backflush),
            (WHEEL, "2", "0", None, Use::Backflush),
            (CIRCLIP, "2", "2", None, Use::Backflush),
        ],
    ),
    (
        TRUCK,
        &[
            (FRAME, "1", "0", Some(10), Use::Backflush),
            (AXLE_SET, "1", "0", Some(10), Use::Phantom),
            (GRIP, "2", "0", Some(20), Use::Backflush),
            (PLATE, "1", "0", Some(20), Use::Backflush),
            (BOLT, "4", "0", Some(10), Use::ByHand),
        ],
    ),
    (
        BENCH,
        &[
            (TUBE, "7.4", "4", Some(10), Use::Backflush),
            (SHEET, "9.5", "6", Some(20), Use::Backflush),
            (COAT, "0.4", "10", Some(40), Use::Backflush),
            (TOP, "1", "0", Some(50), Use::Backflush),
            (BOLT, "16", "1", Some(50), Use::Backflush),
            (NUT, "16", "1", Some(50), Use::Backflush),
        ],
    ),
];

/// How a BOM line is consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Backflush,
    /// Never stocked: its parts are.
    Phantom,
    ByHand,
}

pub(super) const ROUTINGS: [(&str, &[Step]); 3] = [
    (
        FRAME,
        &[
            (10, "Saw tubes", "SAW", "12", "1.4", "Drawing HT-200-F-01. Deburr both ends."),
            (20, "Cut plates", "LASER", "15", "0.8", "Nest HT-200-F. Check the first sheet."),
            (30, "Weld frame", "WELD", "10", "6.5", "Jig 7. MAG, 18 V. No spatter on the axle seats."),
            (40, "Powder coat", "COAT", "20", "2.5", "RAL 3020. 60 to 80 µm, 180 °C for 12 minutes."),
        ],
    ),
    (
        TRUCK,
        &[
            (10, "Mount axle and wheels", "ASM", "5", "3.2", "Wheels at 2.5 bar. Circlips seated all round."),
            (20, "Fit grips and type plate", "ASM", "0", "1.6", "Soapy water, no grease."),
            (30, "Test and pack", "PACK", "5", "2", "Load 200 kg, roll 5 m. One per carton."),
        ],
    ),
    (
        BENCH,
        &[
            (10, "Saw tubes", "SAW", "15", "3.1", "Drawing WB-120-01."),
            (20, "Cut and bend sheets", "LASER", "20", "2.6", "Nest WB-120."),
            (30, "Weld frame", "WELD", "15", "14", "Jig 12. Diagonals within 2 mm."),
            (40, "Powder coat", "COAT", "20", "4", "RAL 3020."),
            (50, "Mount top", "ASM", "5", "9", "Torque 25 Nm."),
            (60, "Inspect and pack", "PACK", "5", "4", "Does it stand level? Corners protected."),
        ],
    ),
];

/// What was received: material, quantity, price per unit, delivery note, working days ago.
pub(super) const RECEIPTS: [(&str, i32, &str, &str, u32); 14] = [
    (TUBE, 900, "2.85", "DN-20310, T-4711", 24),
    (SHEET, 420, "1.18", "DN-20318, S-2201", 22),
    (COAT, 60, "9.4", "DN-20322", 21),
    (AXLE, 140, "6.2", "DN-20325", 20),
    (WHEEL, 260, "11.5", "DN-20325", 20),
    (CIRCLIP, 1500, "0.07", "DN-20325", 20),
    (BOLT, 6000, "0.06", "DN-20331", 19),
    (NUT, 6000, "0.05", "DN-20331", 19),
    (TOP, 40, "38", "DN-20336", 18),
    (PLATE, 500, "0.35", "DN-20337", 18),
    (FRAME, 12, "41", "opening stock", 17),
    (TRUCK, 6, "96", "opening stock", 17),
    (GRIP, 70, "0.95", "DN-20348", 15),
    (TUBE, 720, "2.92", "DN-20371, T-4790", 8),
];
