"""Numbers that IPCC, ministries and studies tell, dated and sourced (in `data`)."""
