import { Select, type SelectProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, setLanguage } from '.'

/** The languages by their own names; a choice acts at once and is remembered in this browser. */
export function LanguageSelect({ onChosen, ...props }: SelectProps & { onChosen?: (language: string) => void }) {
  const { i18n } = useTranslation()
  return (
    <Select
      {...props}
      value={i18n.language}
      data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
      allowDeselect={false}
      onChange={(language) => {
        if (!language) return
        void setLanguage(language)
        onChosen?.(language)
      }}
    />
  )
}
