use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::catalog::Records;
use crate::ids::PlantId;
use crate::material::{Material, Procurement, Tracking};
use crate::number::Number;
use crate::quantity::{Dimension, UnitOfMeasure};
use crate::record::Record;

const TODAY: Date = jiff::civil::date(2026, 11, 20);

fn id(n: u128) -> MaterialId {
    Uuid::from_u128(n).into()
}

fn material(n: u128) -> Record {
    Record::Material(Material {
        id: id(n),
        number: Number::parse(&format!("M{n}")).expect("a number"),
        name: format!("Material {n}"),
        description: String::new(),
        category: String::new(),
        unit: UnitCode::new("pcs"),
        procurement: Procurement::Both,
        tracking: Tracking::None,
        minimum_stock: Amount::ZERO,
        revision: String::new(),
        keywords: String::new(),
        alternate_units: Vec::new(),
        is_active: true,
    })
}

fn line(component: u128, quantity: i32) -> BomLine {
    BomLine {
        line: u32::try_from(component).expect("small"),
        component: id(component),
        quantity: Amount::whole(quantity),
        unit: UnitCode::new("pcs"),
        scrap_percent: Amount::ZERO,
        operation: None,
        is_phantom: false,
        is_backflush: true,
        reference: String::new(),
    }
}

fn bom(parent: u128, lines: Vec<BomLine>) -> Record {
    Record::Bom(Bom {
        id: Uuid::from_u128(1000 + parent).into(),
        material: id(parent),
        version: 1,
        base_quantity: Amount::ONE,
        effective_from: None,
        effective_until: None,
        is_active: true,
        lines,
    })
}

fn catalog(records: impl IntoIterator<Item = Record>) -> Records {
    let pieces = Record::Unit(UnitOfMeasure {
        code: UnitCode::new("pcs"),
        name: "pieces".to_owned(),
        dimension: Dimension::Count,
        factor: Decimal::ONE,
    });
    let plant: PlantId = Uuid::from_u128(1).into();
    Records::new(plant, (1..40).map(material).chain([pieces]).chain(records))
}

fn amount(of: &BTreeMap<MaterialId, Quantity>, n: u128) -> Option<Amount> {
    of.get(&id(n)).map(|quantity| quantity.amount)
}

#[test]
fn ten_assemblies_of_two_frames_of_four_plates_take_eighty_plates() {
    let catalog = catalog([bom(1, vec![line(2, 2)]), bom(2, vec![line(3, 4)])]);
    let all = explode(&catalog, id(1), Amount::whole(10), TODAY).expect("explodes");
    assert_eq!((amount(&all, 2), amount(&all, 3)), (Some(Amount::whole(20)), Some(Amount::whole(80))));
}

#[test]
fn an_order_consumes_its_own_level_and_the_children_of_its_phantoms() {
    let phantom = BomLine { is_phantom: true, operation: Some(20), ..line(2, 2) };
    let catalog =
        catalog([bom(1, vec![phantom, line(4, 1)]), bom(2, vec![line(3, 4)]), bom(4, vec![line(5, 9)])]);
    let lines = order_lines(&catalog, id(1), Amount::whole(10), TODAY).expect("explodes");
    let flat: Vec<_> = lines.iter().map(|l| (l.component, l.operation, l.required.amount)).collect();
    assert_eq!(flat, [(id(3), Some(20), Amount::whole(80)), (id(4), None, Amount::whole(10))]);
}

#[test]
fn scrap_adds_to_the_need_and_the_base_quantity_divides_it() {
    let wasteful = BomLine { scrap_percent: Amount::whole(5), ..line(2, 3) };
    let Record::Bom(mut batch) = bom(1, vec![wasteful]) else { panic!("a BOM") };
    batch.base_quantity = Amount::whole(100);
    let all = explode(&catalog([Record::Bom(batch)]), id(1), Amount::whole(200), TODAY).expect("explodes");
    assert_eq!(amount(&all, 2), Some("6.3".parse().expect("an amount")));
}

#[test]
fn a_cycle_is_named_and_not_followed() {
    let catalog = catalog([bom(1, vec![line(2, 1)]), bom(2, vec![line(3, 1)]), bom(3, vec![line(1, 1)])]);
    let error = explode(&catalog, id(1), Amount::ONE, TODAY).expect_err("a cycle");
    assert_eq!(error.to_string(), "the BOM contains itself: M1 → M2 → M3 → M1");
}

#[test]
fn ten_levels_are_enough_and_eleven_are_too_deep() {
    let chain = |levels: u128| catalog((1..=levels).map(|n| bom(n, vec![line(n + 1, 1)])));
    assert!(explode(&chain(10), id(1), Amount::ONE, TODAY).is_ok());
    assert!(matches!(explode(&chain(11), id(1), Amount::ONE, TODAY), Err(BomError::TooDeep(_))));
}

#[test]
fn of_several_effective_versions_the_highest_counts() {
    let version = |version: u32, until: Option<Date>, quantity: i32| {
        let Record::Bom(bom) = bom(1, vec![line(2, quantity)]) else { panic!("a BOM") };
        Record::Bom(Bom {
            id: Uuid::from_u128(u128::from(version)).into(),
            version,
            effective_until: until,
            ..bom
        })
    };
    let catalog =
        catalog([version(1, None, 1), version(2, Some(TODAY), 2), version(3, TODAY.yesterday().ok(), 3)]);
    assert_eq!(catalog.effective_bom(id(1), TODAY).map(|bom| bom.version), Some(2));
}

/// Multiplies along every path of the tree, one path at a time.
fn naive(tree: &BTreeMap<u128, Vec<(u128, i32)>>, from: u128, factor: i64, into: &mut BTreeMap<u128, i64>) {
    for (component, quantity) in tree.get(&from).into_iter().flatten() {
        let need = factor * i64::from(*quantity);
        *into.entry(*component).or_default() += need;
        naive(tree, *component, need, into);
    }
}

proptest! {
    /// Components have higher numbers than their parents, so that the random structure has no cycle.
    #[test]
    fn the_explosion_equals_a_naive_walk_over_all_paths(
        edges in proptest::collection::btree_set((1u128..9, 1u128..9, 1i32..5), 0..20),
        quantity in 1i32..100,
    ) {
        let mut tree: BTreeMap<u128, Vec<(u128, i32)>> = BTreeMap::new();
        for (parent, step, count) in edges {
            let children = tree.entry(parent).or_default();
            if !children.iter().any(|(component, _)| *component == parent + step) {
                children.push((parent + step, count));
            }
        }
        let boms = tree.iter().map(|(parent, children)| {
            bom(*parent, children.iter().map(|(component, count)| line(*component, *count)).collect())
        });
        let exploded = explode(&catalog(boms), id(1), Amount::whole(quantity), TODAY).expect("no cycle");
        let mut expected = BTreeMap::new();
        naive(&tree, 1, i64::from(quantity), &mut expected);
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(n, need)| (id(n), Amount::from_micros(need * 1_000_000))).collect();
        let exploded: BTreeMap<_, _> = exploded.into_iter().map(|(n, need)| (n, need.amount)).collect();
        prop_assert_eq!(exploded, expected);
    }
}
