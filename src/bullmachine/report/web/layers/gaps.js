Bull.layer("gaps", Bull.evidence({ title: "Gaps", mark: Bull.zones(null) }));
